import { existsSync, readFileSync } from "node:fs";
import type { Node } from "web-tree-sitter";
import { type BicepFile, type Declaration, namedChildren } from "./bicep-file.ts";
import { callOf, type Located, literal, passedFor, plainText, propertiesOf, propertyAt } from "./expressions.ts";

/** Where an expression stands: its file, and what the variables of the loops around it hold. */
interface Scope {
  readonly file: BicepFile;
  readonly files: readonly BicepFile[];
  readonly locals: ReadonlyMap<string, unknown>;
  /** What is taken for granted of main.bicep's parameters. */
  readonly given: Given;
}
type Given = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;

/** The value of an expression that stands in no loop, if it needs nothing but the repository and what is `given` for main.bicep's parameters. */
export const evaluated = ({ node, file }: Located, files: readonly BicepFile[], given: Given = {}): unknown =>
  evaluate(node, { file, files, locals: new Map(), given });

/** The value of an expression that needs nothing but the repository: literals, files, names for them; else undefined. */
function evaluate(node: Node, scope: Scope): unknown {
  const simple = literal(node);
  if (simple !== undefined) return simple;
  const parts = namedChildren(node);
  if (node.type === "array") return parts.map((part) => evaluate(part, scope));
  if (node.type === "object") return Object.fromEntries(propertiesOf(node).map(({ key, value }) => [key, evaluate(value, scope)]));
  if (node.type === "string") return evaluateText(parts, scope);
  if (node.type === "identifier") return scope.locals.has(node.text) ? scope.locals.get(node.text) : evaluateName(node.text, scope);
  if (node.type === "member_expression") {
    return memberOf(evaluate(parts[0]!, scope), parts[1]!);
  }
  if (node.type === "ternary_expression" || node.type === "unary_expression" || node.type === "binary_expression") {
    return evaluateLogic(node, parts, scope);
  }
  const call = callOf(node);
  return call && evaluateCall(call, scope);
}

function evaluateLogic(node: Node, parts: readonly Node[], scope: Scope): unknown {
  const [first, ...rest] = parts.map((part) => evaluate(part, scope));
  if (node.type === "ternary_expression") return typeof first === "boolean" ? rest[first ? 0 : 1] : undefined;
  const operator = node.children.find((child) => child?.isNamed === false)?.text;
  if (operator === "!") return typeof first === "boolean" ? !first : undefined;
  const [second] = rest;
  if (operator === "||") return first === true || second === true ? true : first === false ? second : undefined;
  if (operator === "&&") return first === false || second === false ? false : first === true ? second : undefined;
  if (first === undefined || second === undefined) return undefined;
  return operator === "==" ? first === second : operator === "!=" ? first !== second : undefined;
}

function evaluateText(parts: readonly Node[], scope: Scope): string | undefined {
  const texts = parts.map((part) => (part.type === "interpolation" ? evaluate(namedChildren(part)[0]!, scope) : part.text));
  return texts.every((text) => typeof text === "string") ? texts.join("") : undefined;
}

function evaluateCall({ name, args }: { name: string; args: readonly Node[] }, scope: Scope): unknown {
  if (name === "loadJsonContent") return readJson(plainText(args[0]!) ?? "", scope.file);
  if (name !== "items" && name !== "map") return undefined;
  const over = evaluate(args[0]!, scope);
  if (name === "items") return isRecord(over) ? Object.entries(over).map(([key, value]) => ({ key, value })) : undefined;
  const lambda = args[1] && lambdaIn(args[1]);
  if (!Array.isArray(over) || lambda === undefined) return undefined;
  return over.map((element) => lambda.apply({ ...scope, locals: new Map([...scope.locals, [lambda.variable, element]]) }));
}

/** The grammar takes `x => x.a` for `(x => x).a`. */
function lambdaIn(node: Node): { variable: string; apply: (scope: Scope) => unknown } | undefined {
  const [first, second] = namedChildren(node);
  if (first === undefined || second === undefined) return undefined;
  if (node.type === "lambda_expression") return { variable: first.text, apply: (scope) => evaluate(second, scope) };
  const inner = node.type === "member_expression" ? lambdaIn(first) : undefined;
  return inner && { variable: inner.variable, apply: (scope) => memberOf(inner.apply(scope), second) };
}

const memberOf = (object: unknown, name: Node): unknown => (isRecord(object) ? object[name.text] : undefined);

function evaluateName(name: string, scope: Scope): unknown {
  const declared = scope.file.declarations.find((one) => one.name === name && ["param", "var"].includes(one.kind));
  if (declared === undefined) return undefined;
  if (name in scope.given && scope.file.path.endsWith("main.bicep")) return scope.given[name];
  const [passed] = declared.kind === "param" ? passedFor(declared, scope.files) : [];
  const from = passed ?? (declared.value && { node: declared.value, file: scope.file });
  return from && evaluate(from.node, { ...scope, file: from.file, locals: new Map() });
}

function readJson(path: string, file: BicepFile): unknown {
  const url = new URL(path, `file://${file.absolutePath}`);
  return existsSync(url) ? JSON.parse(readFileSync(url, "utf8")) : undefined;
}

/** The names of what a resource makes, one for each turn of its loop; undefined among them: a name that isn't known before. */
export function namesMade(resource: Declaration, files: readonly BicepFile[]): unknown[] {
  const name = propertyAt(resource, "name")?.value;
  const { value, file } = resource;
  if (name === undefined || value === undefined) return [];
  const scope: Scope = { file, files, locals: new Map(), given: {} };
  if (value.type !== "for_statement") return [evaluate(name, scope)];
  const [variables, over] = namedChildren(value);
  const variable = variables?.type === "for_loop_parameters" ? namedChildren(variables)[0] : variables;
  const elements = over && evaluate(over, scope);
  if (!Array.isArray(elements)) return [undefined];
  return elements.map((element) => evaluate(name, { ...scope, locals: new Map([[variable!.text, element]]) }));
}

import { badRequest } from "./cosmos-error.ts";
import { isArray, isObject, type JsonObject, type Value } from "./sql-values.ts";

/** The limit of the service for one patch. */
const operationsMax = 10;

type Parent = Value[] | Record<string, Value>;

interface PatchOperation {
  readonly op: string;
  readonly path: string;
  readonly value: Value;
  readonly from: Value;
}

/** The operations of a patch and the condition it depends on, an SQL `from … where …`. Throws 400. */
export function readPatch(body: Value): { readonly operations: readonly PatchOperation[]; readonly condition: string | undefined } {
  const list = isArray(body) ? body : isObject(body) ? body["operations"] : undefined;
  const condition = isObject(body) ? body["condition"] : undefined;
  if (!isArray(list) || list.length === 0 || list.length > operationsMax) throw badRequest("A patch takes 1 to 10 operations.");
  const operations = list.map((operation): PatchOperation => {
    const { op, path, value, from } = isObject(operation) ? operation : {};
    if (typeof op !== "string" || typeof path !== "string") throw badRequest("A patch operation needs op and path.");
    return { op, path, value, from };
  });
  return { operations, condition: typeof condition === "string" ? condition : undefined };
}

/** The document after the operations, one after the other. Throws 400 if one of them cannot be done. */
export function applyPatch<T extends JsonObject>(document: T, operations: readonly PatchOperation[]): T {
  const copy = structuredClone(document);
  for (const operation of operations) apply(copy, operation);
  return copy;
}

function apply(document: Value, { op, path, value, from }: PatchOperation): void {
  const { parent, key, exists, present } = locate(document, path, op);
  if (op === "add" || op === "set") {
    if (Array.isArray(parent) && (op === "add" || !exists)) parent.splice(Number(key), 0, value);
    else write(parent, key, value);
  } else if (op === "replace") {
    if (!exists) throw missing(op, path);
    write(parent, key, value);
  } else if (op === "remove") {
    if (!exists) throw missing(op, path);
    erase(parent, key);
  } else if (op === "incr") {
    if (exists && typeof present !== "number") throw badRequest(`For Operation(${op}): the value at '${path}' is not a number.`);
    write(parent, key, Number(present ?? 0) + Number(value));
  } else if (op === "move") {
    const source = locate(document, String(from), op);
    if (!source.exists) throw missing(op, String(from));
    erase(source.parent, source.key);
    write(parent, key, source.present);
  } else throw badRequest(`Unknown patch operation '${op}'.`);
}

const missing = (op: string, path: string) => badRequest(`For Operation(${op}): the path '${path}' does not exist.`);

/** Where a JSON pointer leads. What it leads to need not exist, its parent must. */
function locate(document: Value, path: string, op: string): { parent: Parent; key: string | number; exists: boolean; present: Value } {
  const keys = path
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = keys.pop() ?? "";
  const parent = keys.reduce<Value>((value, key) => childOf(value, key), document);
  if (!isParent(parent)) throw missing(op, path);
  if (!Array.isArray(parent)) return { parent, key: last, exists: Object.hasOwn(parent, last), present: childOf(parent, last) };
  const index = last === "-" ? parent.length : Number(last);
  if (!Number.isInteger(index) || index < 0 || index > parent.length) throw missing(op, path);
  return { parent, key: index, exists: index < parent.length, present: parent[index] };
}

/** What is cloned may be changed. */
const isParent = (value: Value): value is Parent => typeof value === "object" && value !== null;

function childOf(value: Value, key: string): Value {
  if (isArray(value)) return value[Number(key)];
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function write(parent: Parent, key: string | number, value: Value): void {
  if (Array.isArray(parent)) parent[Number(key)] = value;
  else parent[key] = value;
}

function erase(parent: Parent, key: string | number): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
}

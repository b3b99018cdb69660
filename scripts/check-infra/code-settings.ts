import ts from "typescript";

/** A setting that the code reads. `optional`: there is a default, or the gateway does without. */
export interface CodeSetting {
  readonly name: string;
  readonly optional: boolean;
}

type Constants = ReadonlyMap<string, ts.Expression>;

/**
 * The settings of the entry for Azure Functions, from the texts of azure-config.ts and settings.ts: those of the schema that
 * `loadAzureConfig` reads, so none of a host of our own.
 */
export function functionsSettings(azureConfig: string, settings: string): CodeSetting[] {
  const constants = new Map([...constantsIn(settings), ...constantsIn(azureConfig)]);
  const reading = nodesIn(constants.get("loadAzureConfig")).find(
    (node): node is ts.CallExpression => ts.isCallExpression(node) && node.expression.getText() === "readSettings",
  );
  return reading?.arguments[0] === undefined ? [] : settingsOf(reading.arguments[0], constants);
}

function constantsIn(text: string): [string, ts.Expression][] {
  const source = ts.createSourceFile("any.ts", text, ts.ScriptTarget.Latest, true);
  return source.statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => declarationList.declarations)
    .flatMap(({ name, initializer }) => (initializer === undefined ? [] : [[name.getText(), initializer]]));
}

/** A node and all within it, from the outside to the inside. */
function nodesIn(node: ts.Node | undefined): ts.Node[] {
  const inner: ts.Node[] = [];
  if (node !== undefined) ts.forEachChild(node, (child) => void inner.push(...nodesIn(child)));
  return node === undefined ? [] : [node, ...inner];
}

/** What the first object in an expression has, or in the constant that it names; what is spread into it included. */
function settingsOf(expression: ts.Expression, constants: Constants): CodeSetting[] {
  const named = ts.isIdentifier(expression) ? constants.get(expression.text) : expression;
  const object = nodesIn(named).find(ts.isObjectLiteralExpression);
  return (object?.properties ?? []).flatMap((property) => {
    if (ts.isSpreadAssignment(property)) return settingsOf(property.expression, constants);
    const value = ts.isPropertyAssignment(property) ? property.initializer : undefined;
    return [{ name: property.name?.getText() ?? "", optional: value !== undefined && isOptional(value, constants) }];
  });
}

/** Is `.default(…)` or `.optional()` called, here or in a function of ours that makes the schema? */
const isOptional = (value: ts.Expression, constants: Constants): boolean =>
  nodesIn(value).some((node) => {
    if (ts.isPropertyAccessExpression(node)) return ["default", "optional"].includes(node.name.text);
    const maker = ts.isCallExpression(node) && ts.isIdentifier(node.expression) ? constants.get(node.expression.text) : undefined;
    return maker !== undefined && isOptional(maker, constants);
  });

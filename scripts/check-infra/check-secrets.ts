import type { Node } from "web-tree-sitter";
import { appSettings } from "./app-settings.ts";
import { at, type BicepFile, type Declaration, type Finding, namedChildren, walk } from "./bicep-file.ts";
import { callOf, type Located, passedFor, plainText, propertiesOf } from "./expressions.ts";

/** Parts of connection strings and signatures that hold a key. */
const keyInText = /\b(?:AccountKey|SharedAccessKey|SharedAccessSignature|Password|Pwd|client_secret|sig)=/i;
/** Long, without a blank, of small and large letters and digits: what keys look like, and no word of ours. */
const keyLike = /(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])(?=[\w+/-]*\d)[\w+/-]{32,}={0,2}/;
/** Names of things that are secret; `…_REF` and `…Name` only say where one is. */
const secretName = /(?:password|passwd|secret|api_?key|access_?key|admin_?key|account_?key|signing_?key|connection_?string|token)s?$/i;
/** Not secret in spite of their names: what Application Insights' opens is closed for keys by check-hardening.ts; `token` makes names unique. */
const harmless = new Set(["APPLICATIONINSIGHTS_CONNECTION_STRING", "connectionString", "token"]);
/** Properties of deployed resources that hold keys. */
const keyProperty =
  /^(?:primary|secondary)(?:Key|ConnectionString|MasterKey|ReadonlyMasterKey)$|^InstrumentationKey$|^(?:accountKey|sharedKey)$/;
const isSecret = (name: string): boolean => secretName.test(name) && !harmless.has(name);

/** No secret is written down, read from a service, or handed on in an output or a setting. */
export const checkSecrets = (files: readonly BicepFile[]): Finding[] => [
  ...files.flatMap(checkText),
  ...files.flatMap(({ declarations }) => declarations.flatMap((one) => checkDeclaration(one, files))),
  ...checkAppSettings(files),
];

function checkText(file: BicepFile): Finding[] {
  return [...walk(file.root)].flatMap((node) => {
    if (node.type === "string" && keyInText.test(node.text)) return [at(file, node, "a connection string with a key")];
    if (node.type === "string" && keyLike.test(node.text)) return [at(file, node, "a text that looks like a key")];
    if (node.type === "property_identifier" && keyProperty.test(node.text)) return [at(file, node, `${node.text} is a key`)];
    if (node.type === "call_expression") return checkCall(file, node);
    if (node.type !== "object") return [];
    return propertiesOf(node)
      .filter(({ key, value }) => isSecret(key) && (plainText(value) ?? "") !== "")
      .map((one) => at(file, one.node, `${one.key} is a secret and is written down`));
  });
}

/** Functions, and methods of resources, that answer with keys. */
function checkCall(file: BicepFile, node: Node): Finding[] {
  const method = namedChildren(node)[0]?.text.split(/[.!?]+/);
  const called = callOf(node)?.name ?? method?.at(-1) ?? "";
  return /^list[A-Z]|^getSecret$/.test(called) ? [at(file, node, `${called}() reads a secret`)] : [];
}

function checkDeclaration(one: Declaration, files: readonly BicepFile[]): Finding[] {
  const { kind, name, value, file, node } = one;
  if (kind === "param" && isSecure(one)) return value === undefined ? [] : [at(file, node, `secure parameter ${name} has a default`)];
  if (kind === "param" && isSecret(name)) return [at(file, node, `parameter ${name} is named like a secret and is not @secure()`)];
  if (kind === "output" && (isSecret(name) || (value !== undefined && holdsSecure({ node: value, file }, files)))) {
    return [at(file, node, `output ${name} would hand on a secret`)];
  }
  const isWritten = value !== undefined && (plainText(value) ?? "") !== "";
  return kind === "var" && isSecret(name) && isWritten ? [at(file, node, `${name} is a secret and is written down`)] : [];
}

const isSecure = ({ decorators }: Declaration): boolean => decorators.flatMap(namedChildren).some((one) => callOf(one)?.name === "secure");

/** Settings can be read by whoever may look at the app: one that is named like a secret may only point into the vault. */
const checkAppSettings = (files: readonly BicepFile[]): Finding[] =>
  appSettings(files)
    .filter(({ name, value }) => (isSecret(name) && !value.node.text.startsWith("'@Microsoft.KeyVault(")) || holdsSecure(value, files))
    .map(({ name, node, file }) => at(file, node, `setting ${name} would hold a secret: keep it in the vault and give its name`));

/** Does a secure parameter flow into an expression, by whatever names? */
function holdsSecure(start: Located, files: readonly BicepFile[], seen = new Set<Declaration>()): boolean {
  const names = [...walk(start.node)].filter(({ type }) => type === "identifier").map(({ text }) => text);
  return start.file.declarations
    .filter(({ kind, name }) => (kind === "param" || kind === "var") && names.includes(name))
    .some((one) => {
      if (isSecure(one)) return true;
      if (seen.has(one)) return false;
      seen.add(one);
      const given = one.kind === "param" ? passedFor(one, files) : [];
      const own = one.value === undefined ? [] : [{ node: one.value, file: one.file }];
      return [...given, ...own].some((located) => holdsSecure(located, files, seen));
    });
}

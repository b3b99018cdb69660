import type { Node } from "web-tree-sitter";
import { at, type BicepFile, type Declaration, type Finding, walk } from "./bicep-file.ts";
import { type Located, propertyAt, sources } from "./expressions.ts";
import { renderings } from "./renderings.ts";

interface Role {
  readonly name: string;
  readonly id: string;
  /** The type of the resource on which it is given. */
  readonly on: string;
  /** Given to the gateway's identity; the others are for people and optional. */
  readonly needed: boolean;
}

/** Built-in roles by the ids that are the same everywhere ("Azure built-in roles"; "Use data plane role-based access control"). */
const roles: readonly Role[] = [
  { name: "Storage Blob Data Owner", id: "b7e6dc6d-f1e8-4753-8033-0f276bb0955b", on: "Microsoft.Storage/storageAccounts", needed: true },
  {
    name: "Azure Service Bus Data Sender",
    id: "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39",
    on: "Microsoft.ServiceBus/namespaces",
    needed: true,
  },
  {
    name: "Azure Service Bus Data Receiver",
    id: "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0",
    on: "Microsoft.ServiceBus/namespaces",
    needed: true,
  },
  { name: "Key Vault Secrets User", id: "4633458b-17de-408a-b874-0445c86b69e6", on: "Microsoft.KeyVault/vaults", needed: true },
  { name: "Key Vault Secrets Officer", id: "b86a8fe4-44ce-4948-aee5-eccb2c155cd7", on: "Microsoft.KeyVault/vaults", needed: false },
  { name: "Monitoring Metrics Publisher", id: "3913510d-42f4-4e42-8a64-420c390055eb", on: "Microsoft.Insights/components", needed: true },
  {
    name: "Cosmos DB Built-in Data Contributor",
    id: "00000000-0000-0000-0000-000000000002",
    on: "Microsoft.DocumentDB/databaseAccounts",
    needed: true,
  },
];

const assignmentTypes = ["Microsoft.Authorization/roleAssignments@", "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@"];
const redisDatabase = "Microsoft.Cache/redisEnterprise/databases";
const guid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/** A role that an assignment gives: which, on what, and whether to the gateway. */
interface Given {
  readonly id: string;
  readonly on: Declaration | undefined;
  readonly toGateway: boolean;
  readonly assignment: Declaration;
}

/** The gateway's identity has each role that it needs, on the resource where it needs it; nobody has another. */
export function checkRoles(files: readonly BicepFile[]): Finding[] {
  const declarations = files.flatMap((file) => file.declarations);
  const assignments = declarations.filter(({ kind, of }) => kind === "resource" && assignmentTypes.some((type) => of.startsWith(type)));
  const given = assignments.flatMap((assignment) => givenBy(assignment, files));
  const typeOf = (resource: Declaration | undefined): string => resource?.of.split("@")[0] ?? "";
  const isKnown = (one: Given): boolean =>
    roles.some(({ id, on, needed }) => id === one.id && on === typeOf(one.on) && needed === one.toGateway);
  const place = files.find(({ path }) => path.endsWith("main.bicep"));
  return [
    ...checkPolicies(files),
    ...assignments
      .filter((assignment) => !given.some((one) => one.assignment === assignment))
      .map((assignment) => at(assignment.file, assignment.node, "the role of this assignment cannot be read")),
    ...given
      .filter((one) => !isKnown(one))
      .map(({ id, assignment, on, toGateway }) => {
        const name = roles.find((role) => role.id === id)?.name ?? id;
        const whom = toGateway ? "the gateway's identity" : "somebody else";
        return at(assignment.file, assignment.node, `role ${name} on ${typeOf(on) || "nothing known"} is not one that ${whom} needs`);
      }),
    ...roles
      .filter(({ id, on, needed }) => needed && !given.some((one) => one.id === id && typeOf(one.on) === on && one.toGateway))
      .flatMap(({ name, on }) => {
        const resource = declarations.find((one) => one.kind === "resource" && typeOf(one) === on);
        const message = `the gateway's identity lacks the role ${name} on ${on}`;
        if (resource !== undefined) return [at(resource.file, resource.node, message)];
        return place === undefined ? [] : [at(place, place.root, message)];
      }),
  ];
}

function givenBy(assignment: Declaration, files: readonly BicepFile[]): Given[] {
  const { file } = assignment;
  const role = propertyAt(assignment, "properties.roleDefinitionId");
  const principal = propertyAt(assignment, "properties.principalId");
  const on = propertyAt(assignment, "scope") ?? propertyAt(assignment, "parent");
  if (role === undefined || principal === undefined) return [];
  const target = file.declarations.find(({ kind, name }) => kind === "resource" && name === on?.value.text);
  const toGateway = isGateway({ node: principal.value, file }, files);
  return guidsOf({ node: role.value, file }, assignment, files).map((id) => ({ id, on: target, toGateway, assignment }));
}

/** Is it the gateway's identity, by whatever names it is handed on? */
const isGateway = (principal: Located, files: readonly BicepFile[]): boolean =>
  renderings(principal, files).every((text) => text === "<Microsoft.ManagedIdentity/userAssignedIdentities>.properties.principalId");

/** Redis has policies instead of roles: its database is open to the gateway's identity and to nobody else. */
function checkPolicies(files: readonly BicepFile[]): Finding[] {
  const ofType = (type: string): Declaration[] =>
    files.flatMap(({ declarations }) => declarations).filter(({ kind, of }) => kind === "resource" && of.startsWith(`${type}@`));
  const policies = ofType(`${redisDatabase}/accessPolicyAssignments`).map((policy) => {
    const user = propertyAt(policy, "properties.user.objectId");
    return { policy, toGateway: user !== undefined && isGateway({ node: user.value, file: policy.file }, files) };
  });
  return [
    ...policies
      .filter(({ toGateway }) => !toGateway)
      .map(({ policy }) => at(policy.file, policy.node, "the policy is not for the gateway's identity")),
    ...ofType(redisDatabase)
      .filter(({ name }) => !policies.some(({ policy, toGateway }) => toGateway && propertyAt(policy, "parent")?.value.text === name))
      .map((database) => at(database.file, database.node, `the gateway's identity has no policy for ${database.name}`)),
  ];
}

/** The ids in an expression and in what its names stand for, those of the loop around it included. */
function guidsOf({ node, file }: Located, { value }: Declaration, files: readonly BicepFile[]): string[] {
  const loop = value?.type === "for_statement" ? value : undefined;
  const variable = loop?.namedChildren[0]?.text;
  const over = loop?.namedChildren[1];
  const texts = [...walk(node)].flatMap((part): Node[] => {
    if (part.type !== "identifier") return part.type === "string_content" ? [part] : [];
    const from = part.text === variable && over ? over : part;
    return sources({ node: from, file }, files).flatMap((one) =>
      one.node === part ? [] : [...walk(one.node)].filter(({ type }) => type === "string_content"),
    );
  });
  return [...new Set(texts.flatMap(({ text }) => text.match(guid) ?? []).map((id) => id.toLowerCase()))];
}

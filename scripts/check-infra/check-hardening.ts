import { at, type BicepFile, type Declaration, type Finding, isExisting } from "./bicep-file.ts";
import { literal, propertyAt, sources } from "./expressions.ts";

/** What a type of resource must say, by the path of the property: only these values close the door. */
const rules: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>> = {
  "Microsoft.Web/sites": {
    "properties.httpsOnly": [true],
    "properties.siteConfig.minTlsVersion": ["1.2", "1.3"],
    "properties.siteConfig.scmMinTlsVersion": ["1.2", "1.3"],
    "properties.siteConfig.ftpsState": ["Disabled"],
    "properties.siteConfig.cors.supportCredentials": [false],
  },
  "Microsoft.Web/sites/basicPublishingCredentialsPolicies": { "properties.allow": [false] },
  "Microsoft.Storage/storageAccounts": {
    "properties.allowBlobPublicAccess": [false],
    "properties.allowSharedKeyAccess": [false],
    "properties.supportsHttpsTrafficOnly": [true],
    "properties.minimumTlsVersion": ["TLS1_2", "TLS1_3"],
  },
  "Microsoft.Storage/storageAccounts/blobServices/containers": { "properties.publicAccess": ["None"] },
  "Microsoft.DocumentDB/databaseAccounts": { "properties.disableLocalAuth": [true], "properties.minimalTlsVersion": ["Tls12"] },
  "Microsoft.ServiceBus/namespaces": { "properties.disableLocalAuth": [true], "properties.minimumTlsVersion": ["1.2", "1.3"] },
  "Microsoft.KeyVault/vaults": { "properties.enableRbacAuthorization": [true], "properties.enableSoftDelete": [true] },
  "Microsoft.Cache/redisEnterprise": { "properties.minimumTlsVersion": ["1.2"] },
  "Microsoft.Cache/redisEnterprise/databases": {
    "properties.accessKeysAuthentication": ["Disabled"],
    "properties.clientProtocol": ["Encrypted"],
  },
  "Microsoft.Insights/components": { "properties.DisableLocalAuth": [true] },
  "Microsoft.OperationalInsights/workspaces": { "properties.features.disableLocalAuth": [true] },
};

/** No key opens anything, nothing is public that need not be, and nothing speaks less than TLS 1.2. */
export const checkHardening = (files: readonly BicepFile[]): Finding[] =>
  files
    .flatMap(({ declarations }) => declarations)
    .filter((one) => one.kind === "resource" && !isExisting(one))
    .flatMap((resource) =>
      Object.entries(rules[resource.of.split("@")[0] ?? ""] ?? {}).flatMap(([path, values]) => checkRule(resource, path, values, files)),
    );

function checkRule(resource: Declaration, path: string, allowed: readonly unknown[], files: readonly BicepFile[]): Finding[] {
  const { file, node, of } = resource;
  const wanted = `${path} must be ${allowed.join(" or ")}`;
  const given = propertyAt(resource, path);
  if (given === undefined) return [at(file, node, `${of.split("@")[0]}: ${wanted}, and is not set`)];
  const values = sources({ node: given.value, file }, files).map((one) => literal(one.node));
  return values.every((value) => allowed.includes(value)) ? [] : [at(file, given.node, `${wanted}, not ${given.value.text}`)];
}

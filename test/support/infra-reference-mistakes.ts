import type { Mistake } from "./infra-mistake.ts";

const app = "infra/modules/app.bicep";
const main = "infra/main.bicep";
const cosmos = "infra/modules/cosmos.bicep";
const identityModule = "infra/modules/identity.bicep";
const network = "infra/modules/network.bicep";
const parameters = "infra/main.bicepparam";
const storage = "infra/modules/storage.bicep";
const identity = "<Microsoft.ManagedIdentity/userAssignedIdentities>.properties";
const account = "Microsoft.DocumentDB/databaseAccounts";
const deployment = "properties.functionAppConfig.deployment.storage";

/** What the check says when every setting with the identity's client id has another property of it. */
const settingsWith = (property: string): string[] => [
  ...["AzureWebJobsStorage__clientId", "MANAGED_IDENTITY_CLIENT_ID", "SERVICEBUS_CONNECTION__clientId"].map(
    (name) => `${app}: setting ${name} must be ${identity}.clientId, not ${identity}.${property}`,
  ),
  `${app}: setting APPLICATIONINSIGHTS_AUTHENTICATION_STRING must be ClientId=${identity}.clientId;Authorization=AAD, not ClientId=${identity}.${property};Authorization=AAD`,
];

/** References that lead to nothing, or to the wrong thing. None of them touches another of its list. */
export const referenceMistakes: readonly (readonly Mistake[])[] = [
  [
    {
      title: "the wrong id of the identity, for all settings",
      file: main,
      from: "identityClientId: identity.outputs.clientId",
      to: "identityClientId: identity.outputs.principalId",
      findings: [...settingsWith("principalId")],
    },
    {
      title: "packages by a connection string",
      file: app,
      from: "type: 'UserAssignedIdentity', user",
      to: "type: 'StorageAccountConnectionString', user",
      findings: [`${app}: ${deployment}.authentication.type must be UserAssignedIdentity, not StorageAccountConnectionString`],
    },
    {
      title: "references into the vault by an identity that isn't there",
      file: app,
      from: "    keyVaultReferenceIdentity: identityId\n",
      to: "",
      findings: [
        `${app}: Microsoft.Web/sites: properties.keyVaultReferenceIdentity must be ${identity.replace(".properties", ".id")}, and is not set`,
      ],
    },
    {
      title: "a private endpoint that is missing",
      file: network,
      from: "    { name: 'vault', id: vaultId, group: 'vault', zone: 'privatelink.vaultcore.azure.net' }\n",
      to: "",
      findings: [`${network}: no private endpoint for Microsoft.KeyVault/vaults`, `${network}: param vaultId is used by nothing`],
    },
  ],
  [
    {
      title: "a container whose parent is the account",
      file: cosmos,
      from: "  parent: database\n",
      to: "  parent: account\n",
      findings: [`${cosmos}: the parent of ${account}/sqlDatabases/containers is a ${account}/sqlDatabases, not account`],
    },
    {
      title: "a module that nobody says where to put",
      file: main,
      from: "  name: 'vault'\n  scope: group\n",
      to: "  name: 'vault'\n",
      findings: [`${main}: module vault is for a resourceGroup and has no scope`],
    },
    {
      title: "a property that a resource does not have",
      file: identityModule,
      from: "identity.properties.clientId",
      to: "identity.properties.clientID",
      findings: [...settingsWith("clientID"), `${identityModule}: identity.properties has no 'clientID'`],
    },
    {
      title: "a member that no resource has",
      file: network,
      from: "zone[index].id }",
      to: "zone[index].ids }",
      findings: [`${network}: zone has no 'ids'`],
    },
    {
      title: "a function without its arguments",
      file: storage,
      from: "guid(account.id, principalId, blobDataOwner)",
      to: "guid()",
      findings: [`${storage}: guid() does not take 0 arguments`],
    },
    {
      title: "a parameter above its highest value",
      file: parameters,
      from: "param alertEmail =",
      to: "param maximumInstanceCount = 2000\nparam alertEmail =",
      findings: [`${parameters}: parameter 'maximumInstanceCount': 2000 is more than 1000`],
    },
    {
      title: "a default below its least value",
      file: main,
      from: "httpConcurrency int = production ? 64 : 16",
      to: "httpConcurrency int = production ? 64 : 0",
      findings: [`${main}: parameter 'httpConcurrency': 0 is less than 1`],
    },
  ],
];

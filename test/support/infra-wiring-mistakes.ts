import type { Mistake } from "./infra-mistake.ts";

const app = "infra/modules/app.bicep";
const main = "infra/main.bicep";
const cosmos = "infra/modules/cosmos.bicep";
const network = "infra/modules/network.bicep";
const storage = "infra/modules/storage.bicep";
const vault = "infra/modules/keyvault.bicep";
const identity = "<Microsoft.ManagedIdentity/userAssignedIdentities>";
const blobs = "<Microsoft.Storage/storageAccounts>.properties.primaryEndpoints.blob";
const account = "Microsoft.DocumentDB/databaseAccounts";
const sites = "Microsoft.Web/sites";
const deployment = "properties.functionAppConfig.deployment.storage";
const runtime = "properties.functionAppConfig.runtime";

/** What deploys, and then does not work or stands open, since one part does not fit another. None of them touches another. */
export const wiringMistakes: readonly Mistake[] = [
  {
    title: "a setting with another id than the client's",
    file: app,
    from: "'AzureWebJobsStorage__clientId', value: identityClientId",
    to: "'AzureWebJobsStorage__clientId', value: identityId",
    findings: [`${app}: setting AzureWebJobsStorage__clientId must be ${identity}.properties.clientId, not ${identity}.id`],
  },
  {
    title: "a setting with a misspelt value",
    file: app,
    from: "'SERVICEBUS_CONNECTION__credential', value: 'managedidentity'",
    to: "'SERVICEBUS_CONNECTION__credential', value: 'managed-identity'",
    findings: [`${app}: setting SERVICEBUS_CONNECTION__credential must be managedidentity, not managed-identity`],
  },
  {
    title: "an app without an identity",
    file: app,
    from: `  identity: { type: 'UserAssigned', userAssignedIdentities: { '\${identityId}': {} } }\n`,
    to: "",
    findings: [
      `${app}: ${sites}: identity.type must be UserAssigned, and is not set`,
      `${app}: the app does not have the gateway's identity`,
    ],
  },
  {
    title: "an app without a runtime",
    file: app,
    from: "      runtime: { name: 'node', version: '22' }\n",
    to: "",
    findings: [
      `${app}: ${sites}: ${runtime}.name must be node, and is not set`,
      `${app}: ${sites}: ${runtime}.version must be 22, and is not set`,
    ],
  },
  {
    title: "a deployment without an identity",
    file: app,
    from: ", userAssignedIdentityResourceId: identityId }",
    to: " }",
    findings: [`${app}: ${sites}: ${deployment}.authentication.userAssignedIdentityResourceId must be ${identity}.id, and is not set`],
  },
  {
    title: "settings of other plans",
    file: app,
    from: "      http20Enabled: true\n",
    to: "      http20Enabled: true\n      alwaysOn: true\n      linuxFxVersion: 'NODE|22'\n",
    findings: [
      `${app}: properties.siteConfig.alwaysOn is not for this plan`,
      `${app}: properties.siteConfig.linuxFxVersion is not for this plan`,
    ],
  },
  {
    title: "an app that azd does not find",
    file: app,
    from: "tags: union(tags, { 'azd-service-name': 'api' })",
    to: "tags: tags",
    findings: [`${app}: ${sites}: tags.azd-service-name must be api, and is not set`],
  },
  {
    title: "a password for deployments left",
    file: app,
    from: "[for name in [ 'ftp', 'scm' ]",
    to: "[for name in [ 'ftp' ]",
    findings: [`${app}: no ${sites}/basicPublishingCredentialsPolicies 'scm' is made`],
  },
  {
    title: "an output that a hook reads under another name",
    file: main,
    from: "output KEYVAULT_URL",
    to: "output VAULT_URL",
    findings: [`${main}: no output KEYVAULT_URL, which azd or its hooks read`],
  },
  {
    title: "a container for packages that is not made",
    file: storage,
    from: `blob}\${deploymentContainer}'`,
    to: "blob}packages'",
    findings: [`${app}: ${deployment}.value must be ${blobs}app-package, not ${blobs}packages`],
  },
  {
    title: "storage that stays public in a private network",
    file: main,
    from: "zoneRedundant: zoneRedundantData\n    publicAccess: !privateNetwork",
    to: "zoneRedundant: zoneRedundantData\n    publicAccess: true",
    findings: [
      `${storage}: properties.networkAcls.defaultAction must be Deny in a private network`,
      `${storage}: properties.publicNetworkAccess must be Disabled in a private network`,
    ],
  },
  {
    title: "a name looked up in a wrong zone",
    file: network,
    from: "privatelink.vaultcore.azure.net",
    to: "privatelink.vault.azure.net",
    findings: [
      `${network}: Microsoft.KeyVault/vaults is vault in privatelink.vaultcore.azure.net, not vault in privatelink.vault.azure.net`,
    ],
  },
  {
    title: "an endpoint for a wrong part of a service",
    file: network,
    from: "group: 'Sql'",
    to: "group: 'Table'",
    findings: [`${network}: ${account} is Sql in privatelink.documents.azure.com, not Table in privatelink.documents.azure.com`],
  },
  {
    title: "a subnet that is not the platform's",
    file: network,
    from: "'Microsoft.App/environments'",
    to: "'Microsoft.Web/serverFarms'",
    findings: [`${app}: the app's subnet is not one that is delegated to Microsoft.App/environments`],
  },
  {
    title: "a role on the data of all databases",
    file: cosmos,
    from: `scope: '\${account.id}/dbs/\${databaseName}'`,
    to: "scope: account.id",
    findings: [`${cosmos}: properties.scope must be <${account}>.id/dbs/carreau, not <${account}>.id`],
  },
  {
    title: "a database that promises no time",
    file: cosmos,
    from: "'Strong'",
    to: "'Eventual'",
    findings: [`${cosmos}: properties.consistencyPolicy.defaultConsistencyLevel must be Strong, not Eventual`],
  },
  {
    title: "a role for something else that has a principal",
    file: vault,
    from: "    principalId: principalId\n",
    to: "    principalId: vault.properties.principalId\n",
    findings: [
      `${vault}: role Key Vault Secrets User on Microsoft.KeyVault/vaults is not one that somebody else needs`,
      `${vault}: the gateway's identity lacks the role Key Vault Secrets User on Microsoft.KeyVault/vaults`,
      `${vault}: vault.properties has no 'principalId'`,
    ],
  },
];

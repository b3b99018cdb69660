const identity = "Microsoft.ManagedIdentity/userAssignedIdentities";
const account = "Microsoft.DocumentDB/databaseAccounts";
const storage = "Microsoft.Storage/storageAccounts";
const client = `<${identity}>.properties.clientId`;
const blobs = `<${storage}>.properties.primaryEndpoints.blob`;
const deployment = "properties.functionAppConfig.deployment.storage";

/**
 * What a property of a type of resource has to become, by its path: what the service itself would only refuse, or take and then not work.
 * `<type>.x` is what is known of that resource, `{type}` what it is named, `[service]` the service of azure.yaml.
 */
export const resourceWiring: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "Microsoft.Web/sites": {
    kind: "functionapp,linux",
    // By it azd finds where to deploy to.
    "tags.azd-service-name": "[service]",
    "identity.type": "UserAssigned",
    "properties.serverFarmId": "<Microsoft.Web/serverfarms>.id",
    "properties.keyVaultReferenceIdentity": `<${identity}>.id`,
    "properties.functionAppConfig.runtime.name": "node",
    "properties.functionAppConfig.runtime.version": "22",
    [`${deployment}.type`]: "blobContainer",
    [`${deployment}.value`]: `${blobs}{${storage}/blobServices/containers}`,
    [`${deployment}.authentication.type`]: "UserAssignedIdentity",
    [`${deployment}.authentication.userAssignedIdentityResourceId`]: `<${identity}>.id`,
  },
  "Microsoft.Web/serverfarms": { "sku.name": "FC1", "sku.tier": "FlexConsumption", "properties.reserved": "true" },
  // What was revoked is dead everywhere within a second: only this promises it.
  [account]: { "properties.consistencyPolicy.defaultConsistencyLevel": "Strong" },
  // The data of one database, and no other.
  [`${account}/sqlRoleAssignments`]: { "properties.scope": `<${account}>.id/dbs/{${account}/sqlDatabases}` },
};

/** What the plan does not know ("Flex Consumption plan deprecations"). */
export const refusedByPlan: Readonly<Record<string, readonly string[]>> = {
  "Microsoft.Web/sites": ["alwaysOn", "linuxFxVersion", "healthCheckPath"].map((name) => `properties.siteConfig.${name}`),
};

/** What has to be made although nothing refers to it. */
export const neededNames: Readonly<Record<string, readonly string[]>> = {
  "Microsoft.Web/sites/basicPublishingCredentialsPolicies": ["ftp", "scm"],
};

/** What outputs of main.bicep become: azd and its hooks read them by these names. */
export const outputWiring: Readonly<Record<string, string>> = {
  AZURE_RESOURCE_GROUP: "{Microsoft.Resources/resourceGroups}",
  KEYVAULT_URL: "<Microsoft.KeyVault/vaults>.properties.vaultUri",
};

/** What a setting becomes, by its name or by what that ends with. */
export const settingWiring: Readonly<Record<string, string>> = {
  __credential: "managedidentity",
  __clientId: client,
  __fullyQualifiedNamespace: "{Microsoft.ServiceBus/namespaces}.servicebus.windows.net",
  MANAGED_IDENTITY_CLIENT_ID: client,
  AzureWebJobsStorage__accountName: `{${storage}}`,
  COSMOS_CONNECTION__accountEndpoint: `<${account}>.properties.documentEndpoint`,
  COSMOS_DATABASE: `{${account}/sqlDatabases}`,
  KEYVAULT_URL: "<Microsoft.KeyVault/vaults>.properties.vaultUri",
  APPLICATIONINSIGHTS_CONNECTION_STRING: "<Microsoft.Insights/components>.properties.ConnectionString",
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: `ClientId=${client};Authorization=AAD`,
  FUNCTIONS_NODE_BLOCK_ON_ENTRY_POINT_ERROR: "true",
  AzureWebJobsDisableHomepage: "true",
};

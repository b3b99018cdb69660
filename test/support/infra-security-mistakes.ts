import type { Mistake } from "./infra-mistake.ts";

const app = "infra/modules/app.bicep";
const main = "infra/main.bicep";
const bus = "infra/modules/servicebus.bicep";
const cosmos = "infra/modules/cosmos.bicep";
const redis = "infra/modules/redis.bicep";
const storage = "infra/modules/storage.bicep";
const vault = "infra/modules/keyvault.bicep";
const logLevelSetting = "{ name: 'CARREAU_LOG_LEVEL', value: logLevel }";
const onStorage = "Microsoft.Storage/storageAccounts";
const onBus = "Microsoft.ServiceBus/namespaces";
const busHost = "sb-toLower(uniqueString(subscription().id, environmentName, location)).servicebus.windows.net";
const dataReceiver = "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0";
const dataOwner = "090c5cfd-751d-490a-894a-3ce6f1109419";

/** Where a door stands open, or a key lies about. */
export const securityMistakes: readonly Mistake[] = [
  {
    title: "an administrator's role on Service Bus",
    file: bus,
    from: dataReceiver,
    to: dataOwner,
    findings: [
      `${bus}: the gateway's identity lacks the role Azure Service Bus Data Receiver on ${onBus}`,
      `${bus}: role ${dataOwner} on ${onBus} is not one that the gateway's identity needs`,
    ],
  },
  {
    title: "a wrong role on the vault",
    file: vault,
    from: "var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'",
    to: "var secretsUser = 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'",
    findings: [
      `${vault}: the gateway's identity lacks the role Key Vault Secrets User on Microsoft.KeyVault/vaults`,
      `${vault}: role Key Vault Secrets Officer on Microsoft.KeyVault/vaults is not one that the gateway's identity needs`,
    ],
  },
  {
    title: "a role for somebody else",
    file: storage,
    from: "    principalId: principalId\n",
    to: "    principalId: subscription().tenantId\n",
    findings: [
      `${storage}: the gateway's identity lacks the role Storage Blob Data Owner on ${onStorage}`,
      `${storage}: role Storage Blob Data Owner on ${onStorage} is not one that somebody else needs`,
    ],
  },
  {
    title: "a policy of Redis for somebody else",
    file: redis,
    from: "objectId: principalId",
    to: "objectId: empty(principalId) ? token : principalId",
    findings: [`${redis}: the gateway's identity has no policy for database`, `${redis}: the policy is not for the gateway's identity`],
  },
  {
    title: "a secret in the settings",
    file: app,
    from: logLevelSetting,
    to: `${logLevelSetting}\n          { name: 'CARREAU_ADMIN_KEY', value: 'correct-horse' }`,
    findings: [
      `${app}: setting CARREAU_ADMIN_KEY is not to be set: nothing reads it`,
      `${app}: setting CARREAU_ADMIN_KEY would hold a secret: keep it in the vault and give its name`,
    ],
  },
  {
    title: "a secret in a setting of a harmless name",
    file: app,
    from: "value: '--enable-source-maps' }",
    to: "value: 'Zq8Lr2vX4tY6uW1sA3dF5gH7jK9pQ0zXcVbN' }",
    findings: [`${app}: a text that looks like a key`],
  },
  {
    title: "a secure parameter in a setting",
    file: app,
    from: "param logLevel string",
    to: "@secure()\nparam logLevel string",
    findings: [`${app}: setting CARREAU_LOG_LEVEL would hold a secret: keep it in the vault and give its name`],
  },
  {
    title: "headers with a key that stand in a setting",
    file: app,
    from: "value: '@Microsoft.KeyVault(SecretUri=",
    to: "value: 'api-key=Zq8Lr2vX4tY6uW1sA3dF5gH7jK9pQ0zXcVbN,a=(",
    findings: [`${app}: a text that looks like a key`],
  },
  {
    title: "a connection string with a key",
    file: app,
    from: "value: serviceBusHost }",
    to: `value: '\${serviceBusHost};SharedAccessKey=a' }`,
    findings: [
      `${app}: setting SERVICEBUS_CONNECTION__fullyQualifiedNamespace must be ${busHost}, not ${busHost};SharedAccessKey=a`,
      `${app}: a connection string with a key`,
    ],
  },
  {
    title: "a key read from a service",
    file: cosmos,
    from: "output endpoint string = account.properties.documentEndpoint",
    to: "output endpoint string = account.listKeys().primaryMasterKey",
    findings: [
      `${app}: setting COSMOS_CONNECTION__accountEndpoint must be <Microsoft.DocumentDB/databaseAccounts>.properties.documentEndpoint, not account.listKeys().primaryMasterKey`,
      `${cosmos}: listKeys() reads a secret`,
      `${cosmos}: primaryMasterKey is a key`,
    ],
  },
  {
    title: "a secret handed on",
    file: main,
    from: "output KEYVAULT_NAME string",
    to: "output ADMIN_KEY string",
    findings: [`${main}: output ADMIN_KEY would hand on a secret`],
  },
  {
    title: "shared keys allowed",
    file: storage,
    from: "allowSharedKeyAccess: false",
    to: "allowSharedKeyAccess: true",
    findings: [`${storage}: properties.allowSharedKeyAccess must be false, not true`],
  },
  {
    title: "keys of the database allowed",
    file: cosmos,
    from: "    disableLocalAuth: true\n",
    to: "",
    findings: [`${cosmos}: Microsoft.DocumentDB/databaseAccounts: properties.disableLocalAuth must be true, and is not set`],
  },
  {
    title: "keys of Redis allowed",
    file: redis,
    from: "accessKeysAuthentication: 'Disabled'",
    to: "accessKeysAuthentication: 'Enabled'",
    findings: [`${redis}: properties.accessKeysAuthentication must be Disabled, not 'Enabled'`],
  },
  {
    title: "public blobs",
    file: storage,
    from: "allowBlobPublicAccess: false",
    to: "allowBlobPublicAccess: true",
    findings: [`${storage}: properties.allowBlobPublicAccess must be false, not true`],
  },
  {
    title: "a public container of blobs",
    file: storage,
    from: "publicAccess: 'None'",
    to: "publicAccess: 'Blob'",
    findings: [`${storage}: properties.publicAccess must be None, not 'Blob'`],
  },
  {
    title: "HTTP without TLS",
    file: app,
    from: "httpsOnly: true",
    to: "httpsOnly: false",
    findings: [`${app}: properties.httpsOnly must be true, not false`],
  },
  {
    title: "storage without TLS",
    file: storage,
    from: "supportsHttpsTrafficOnly: true",
    to: "supportsHttpsTrafficOnly: publicAccess",
    findings: [`${storage}: properties.supportsHttpsTrafficOnly must be true, not publicAccess`],
  },
  {
    title: "Redis without TLS",
    file: redis,
    from: "clientProtocol: 'Encrypted'",
    to: "clientProtocol: 'Plaintext'",
    findings: [`${redis}: properties.clientProtocol must be Encrypted, not 'Plaintext'`],
  },
  {
    title: "an old TLS",
    file: bus,
    from: "minimumTlsVersion: '1.2'",
    to: "minimumTlsVersion: '1.0'",
    findings: [`${bus}: properties.minimumTlsVersion must be 1.2 or 1.3, not '1.0'`],
  },
];

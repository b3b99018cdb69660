import type { Mistake } from "./infra-mistake.ts";

const app = "infra/modules/app.bicep";
const main = "infra/main.bicep";
const bus = "infra/modules/servicebus.bicep";
const cosmos = "infra/modules/cosmos.bicep";
const redis = "infra/modules/redis.bicep";
const vault = "infra/modules/keyvault.bicep";
const parameters = "infra/main.bicepparam";
const lastParameter = "param alertEmail = readEnvironmentVariable('CARREAU_ALERT_EMAIL', '')";
const vaultOutput = "output id string = vault.id";

/** What Bicep's own compiler would refuse. */
export const compileMistakes: readonly Mistake[] = [
  {
    title: "a syntax error",
    file: app,
    from: "properties: { allow: false }",
    to: "properties: { allow false }",
    findings: [`${app}: syntax: "allow false"`],
  },
  {
    title: "a wrong property",
    file: bus,
    from: "lockDuration: settings",
    to: "lockPeriod: settings",
    findings: [`${bus}: unknown property 'lockPeriod' in properties`],
  },
  {
    title: "a missing required property",
    file: vault,
    from: "    sku: { family: 'A', name: 'standard' }\n",
    to: "",
    findings: [`${vault}: missing property 'sku' in properties`],
  },
  {
    title: "a read-only property",
    file: redis,
    from: "    minimumTlsVersion: '1.2'",
    to: "    minimumTlsVersion: '1.2'\n    hostName: 'redis'",
    findings: [`${redis}: hostName is read-only`],
  },
  {
    title: "a property of a wrong type",
    file: redis,
    from: "port: 10000",
    to: "port: '10000'",
    findings: [`${redis}: port is integer, not string`],
  },
  {
    title: "a value that is not in the list",
    file: cosmos,
    from: "'Continuous7Days'",
    to: "'Continuous8Days'",
    findings: [`${cosmos}: tier: 'Continuous8Days' is not one of Continuous7Days, Continuous30Days`],
  },
  {
    title: "a version that the schema does not describe",
    file: vault,
    from: "vaults@2024-11-01",
    to: "vaults@2099-01-01",
    findings: [`${vault}: the schema is for Microsoft.KeyVault/vaults@2024-11-01, not 2099-01-01`],
  },
  {
    title: "a resource type without a schema",
    file: vault,
    from: vaultOutput,
    to: `${vaultOutput}\nresource secret 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {\n  parent: vault\n  name: 'a'\n}`,
    findings: [`${vault}: no schema for Microsoft.KeyVault/vaults/secrets: add one to infra/schemas`],
  },
  {
    title: "an unknown parameter of a module",
    file: main,
    from: "    probe: production\n",
    to: "    probe: production\n    probes: 3\n",
    findings: [`${main}: unknown parameter 'probes' of modules/alerts.bicep`],
  },
  {
    title: "a parameter of a module that is not given",
    file: main,
    from: "    probe: production\n",
    to: "",
    findings: [`${main}: module alerts: parameter 'probe' of modules/alerts.bicep is missing`],
  },
  {
    title: "a parameter of a wrong type",
    file: main,
    from: "probe: production",
    to: "probe: 'production'",
    findings: [`${main}: parameter 'probe' is boolean, not string`],
  },
  {
    title: "a parameter that is none of the allowed values",
    file: parameters,
    from: lastParameter,
    to: `${lastParameter}\nparam logLevel = 'error'`,
    findings: [`${parameters}: parameter 'logLevel': 'error' is not one of debug, info, warn`],
  },
  {
    title: "a path at which there is no module",
    file: main,
    from: "'modules/budget.bicep'",
    to: "'modules/budgets.bicep'",
    findings: [`${main}: module budget: no file modules/budgets.bicep`],
  },
  {
    title: "a reference to an output that there is not",
    file: main,
    from: "vault.outputs.name",
    to: "vault.outputs.vaultName",
    findings: [`${main}: module vault has no output 'vaultName'`],
  },
  {
    title: "a name that nothing has",
    file: vault,
    from: "output name string = vault.name",
    to: "output name string = vaults.name",
    findings: [`${vault}: nothing is named 'vaults'`],
  },
  {
    title: "a name that two things have",
    file: vault,
    from: vaultOutput,
    to: `${vaultOutput}\n${vaultOutput}`,
    findings: [`${vault}: 'id' is declared twice`],
  },
  {
    title: "a parameter that nothing uses",
    file: main,
    from: "param databaseName string = 'carreau'",
    to: "param databaseName string = 'carreau'\nparam other string = ''",
    findings: [`${main}: param other is used by nothing`],
  },
];

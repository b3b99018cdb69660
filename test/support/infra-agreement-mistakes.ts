import type { Mistake } from "./infra-mistake.ts";

const app = "infra/modules/app.bicep";
const bus = "infra/modules/servicebus.bicep";
const cosmos = "infra/modules/cosmos.bicep";
const logLevelSetting = "{ name: 'CARREAU_LOG_LEVEL', value: logLevel }";

/** Where Bicep and the code are not of one mind. */
export const agreementMistakes: readonly Mistake[] = [
  {
    title: "a missing setting",
    file: app,
    from: "{ name: 'MANAGED_IDENTITY_CLIENT_ID', value: identityClientId }",
    to: "",
    findings: [`${app}: setting MANAGED_IDENTITY_CLIENT_ID is not set: the code reads it`],
  },
  {
    title: "a setting that the code reads anew",
    file: "shared/config/settings.ts",
    from: "  CARREAU_LOG_LEVEL:",
    to: "  CARREAU_PACE: z.string().optional(),\n  CARREAU_LOG_LEVEL:",
    findings: [`${app}: setting CARREAU_PACE is not set: the code reads it`],
  },
  {
    title: "a setting of the platform that is missing",
    file: app,
    from: "{ name: 'AzureWebJobsStorage__clientId', value: identityClientId }",
    to: "",
    findings: [`${app}: setting AzureWebJobsStorage__clientId is not set: which identity that is`],
  },
  {
    title: "an extra setting",
    file: app,
    from: logLevelSetting,
    to: `${logLevelSetting}\n          { name: 'CARREAU_LOGLEVEL', value: logLevel }`,
    findings: [`${app}: setting CARREAU_LOGLEVEL is not to be set: nothing reads it`],
  },
  {
    title: "a setting that the code no longer reads",
    file: "shared/config/settings.ts",
    from: "  CARREAU_LOG_LEVEL:",
    to: "  CARREAU_LOG:",
    findings: [
      `${app}: setting CARREAU_LOG is not set: the code reads it`,
      `${app}: setting CARREAU_LOG_LEVEL is not to be set: nothing reads it`,
    ],
  },
  {
    title: "a setting that must stay out of Azure",
    file: app,
    from: logLevelSetting,
    to: `${logLevelSetting}\n          { name: 'COSMOS_CONNECTION', value: cosmosEndpoint }`,
    findings: [`${app}: setting COSMOS_CONNECTION is not to be set: a connection string holds a key: it is for emulators`],
  },
  {
    title: "a setting left out that has no default any more",
    file: "shared/config/settings.ts",
    from: '.default("carreau").describe("the service\'s name',
    to: ".describe(\"the service's name",
    findings: ["scripts/check-infra/left-out-settings.ts: the code needs OTEL_SERVICE_NAME"],
  },
  {
    title: "a setting that is set twice",
    file: app,
    from: logLevelSetting,
    to: `${logLevelSetting}\n${logLevelSetting}`,
    findings: [`${app}: setting CARREAU_LOG_LEVEL is set twice`],
  },
  {
    title: "a setting whose name is computed",
    file: app,
    from: logLevelSetting,
    to: `${logLevelSetting}\n          { name: 'CARREAU_\${logLevel}', value: logLevel }`,
    findings: [`${app}: the name of a setting cannot be read`],
  },
  {
    title: "a missing queue",
    file: "infra/queues.json",
    from: '"name": "dispatch-umami"',
    to: '"name": "dispatch-umani"',
    findings: [`${bus}: no queue 'dispatch-umami', which the code uses`, `${bus}: queue 'dispatch-umani' is used by no code`],
  },
  {
    title: "an always-ready function that the code does not have",
    file: "infra/queues.json",
    from: '"function": "fan-out"',
    to: '"function": "fanout"',
    findings: [`${app}: the code has no 'function:fanout'`, `${app}: function fan-out empties a queue and has no always-ready instances`],
  },
  {
    title: "a missing container",
    file: cosmos,
    from: "for item in items(containers)",
    to: "for item in items({ events: containers.events })",
    findings: ["tenants", "keys", "configs", "breakers", "deliveries", "consent-configs", "consent-records", "visitor-salts"].map(
      (name) => `${cosmos}: no container '${name}', which the code uses`,
    ),
  },
  {
    title: "a container whose name is computed",
    file: cosmos,
    from: "  name: databaseName\n",
    to: `  name: databaseName
  resource more 'containers' = {
    name: '\${token}-more'
    properties: { resource: { id: token, partitionKey: { paths: [ '/pk' ] } } }
  }
`,
    findings: [`${cosmos}: the name of a container cannot be read`],
  },
];

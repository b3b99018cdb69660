/** Settings that the platform or a library reads and not our code, and what each is for. Bicep sets every one of them, if only under a condition. */
export const platformSettings: Readonly<Record<string, string>> = {
  AzureWebJobsStorage__accountName: "the storage account of the host: packages, leases of timers",
  AzureWebJobsStorage__credential: "the host uses a managed identity there",
  AzureWebJobsStorage__clientId: "which identity that is",
  SERVICEBUS_CONNECTION__credential: "the host listens to queues with a managed identity",
  SERVICEBUS_CONNECTION__clientId: "which identity that is",
  APPLICATIONINSIGHTS_CONNECTION_STRING: "where the host sends traces; no secret when local authentication is off",
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: "the host sends them with the identity",
  FUNCTIONS_NODE_BLOCK_ON_ENTRY_POINT_ERROR: "a worker that cannot load the gateway fails, instead of having no functions",
  FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: "the largest request that the host passes on",
  AzureWebJobsDisableHomepage: "no page of the platform at /",
  OTEL_EXPORTER_OTLP_HEADERS: "what the exporters of telemetry send along, from the vault",
  languageWorkers__node__arguments: "options of Node in the worker",
};

/** What the host needs to reach a queue with a user-assigned identity: without its id it tries the system-assigned one, which isn't there. */
export const connectionSuffixes = ["__fullyQualifiedNamespace", "__credential", "__clientId"] as const;

import { z } from "zod";
import { type Environment, gatewaySettings, hostSettings, readSettings } from "./settings.ts";

/** Names of this machine, as the emulators have them when seen from here. */
const localHosts = ["127.0.0.1", "localhost", "[::1]", "host.docker.internal"];

const isLocal = (url: string): boolean => localHosts.includes(URL.parse(url)?.hostname ?? "");

/** Tokens and documents go there: unprotected only within this machine. */
const serviceUrl = z
  .url({ protocol: /^https?$/ })
  .refine((url) => url.startsWith("https:") || isLocal(url), "an https URL; http only for a service on this machine");

/** A connection string holds a key: only for emulators, whose keys everybody knows. Azure's services refuse keys (`disableLocalAuth`). */
const emulatorConnection = (part: string, identitySetting: string) =>
  z
    .string()
    .startsWith(`${part}=`)
    .refine((text) => isLocal(httpAddress(text.slice(part.length + 1))), `only for an emulator on this machine; set ${identitySetting}`);

/** The address that a connection string begins with. */
const httpAddress = (rest: string): string => (rest.split(";")[0] ?? "").replace(/^sb:/, "http:");

/**
 * Where the cloud's services are. A name without suffix holds a connection string (emulators); with the suffix that the Functions host
 * knows too, the address of a service that a managed identity may use ("Guidance for developing Azure Functions – Connections").
 */
const azureSettings = {
  COSMOS_CONNECTION: emulatorConnection("AccountEndpoint", "COSMOS_CONNECTION__accountEndpoint")
    .optional()
    .describe("connection string of an emulator of Cosmos DB"),
  COSMOS_CONNECTION__accountEndpoint: serviceUrl.optional().describe("the account's endpoint, with a managed identity"),
  COSMOS_DATABASE: z.string().min(1).default("carreau"),
  SERVICEBUS_CONNECTION: emulatorConnection("Endpoint", "SERVICEBUS_CONNECTION__fullyQualifiedNamespace")
    .optional()
    .describe("connection string of an emulator of Service Bus"),
  SERVICEBUS_CONNECTION__fullyQualifiedNamespace: z
    .string()
    .min(1)
    .optional()
    .describe("the namespace's host name, with a managed identity"),
  KEYVAULT_URL: serviceUrl.describe("the vault that credential references are read from"),
  CARREAU_SIGNING_KEY_REF: z
    .string()
    .min(1)
    .default("carreau-signing-key")
    .describe("name of the secret that holds the Ed25519 keys that receipts are signed with, in PEM, the newest last"),
  MANAGED_IDENTITY_CLIENT_ID: z.uuid().optional().describe("client id of the user-assigned identity; the system-assigned one otherwise"),
};

const adminKeySetting = {
  CARREAU_ADMIN_KEY_REF: z.string().min(1).default("carreau-admin-key").describe("name of the secret that holds the admin key"),
};

const eitherOf =
  (one: string, other: string) =>
  (config: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void => {
    if (config[one] === undefined && config[other] === undefined) {
      context.addIssue({ code: "custom", path: [one], message: `missing; set it or ${other}` });
    }
  };
const reachable = <S extends z.ZodRawShape>(shape: S) =>
  z
    .object(shape)
    .superRefine(eitherOf("COSMOS_CONNECTION", "COSMOS_CONNECTION__accountEndpoint"))
    .superRefine(eitherOf("SERVICEBUS_CONNECTION", "SERVICEBUS_CONNECTION__fullyQualifiedNamespace"));

const azure = reachable({
  ...gatewaySettings,
  ...azureSettings,
  ...adminKeySetting,
});
export type AzureConfig = z.infer<typeof azure>;

const hostedAzure = reachable({ ...gatewaySettings, ...hostSettings, ...azureSettings });
export type HostedAzureConfig = z.infer<typeof hostedAzure>;

const { KEYVAULT_URL, CARREAU_SIGNING_KEY_REF } = azureSettings;
const ownSecrets = z.object({ KEYVAULT_URL, CARREAU_SIGNING_KEY_REF, ...adminKeySetting });

/** Where the cloud's services are. */
export type AzureConnections = Pick<AzureConfig, keyof typeof azureSettings>;

/** Reads the environment of a gateway in Azure Functions. Throws `ConfigError`. */
export const loadAzureConfig = (env: Environment): AzureConfig => readSettings(azure, env);

/** Reads the environment of a gateway with a host of our own on the cloud's services. Throws `ConfigError`. */
export const loadHostedAzureConfig = (env: Environment): HostedAzureConfig => readSettings(hostedAzure, env);

/** Reads from the environment where the secrets of the gateway's own are. Throws `ConfigError`. */
export const loadVaultConfig = (env: Environment) => readSettings(ownSecrets, env);

import { z } from "zod";
import { type Environment, gatewaySettings, hostSettings, readSettings } from "./settings.ts";

const vaultUrl = z.url({ protocol: /^https?$/ }).refine((url) => {
  const parsed = URL.parse(url);
  return parsed !== null && (parsed.protocol === "https:" || ["127.0.0.1", "localhost"].includes(parsed.hostname));
}, "an https URL; http only for a vault on this machine");

/**
 * Where the cloud's services are. A name without suffix holds a connection string (emulators); with the suffix that the Functions host
 * knows too, the address of a service that a managed identity may use ("Guidance for developing Azure Functions – Connections").
 */
const azureSettings = {
  COSMOS_CONNECTION: z.string().startsWith("AccountEndpoint=").optional().describe("connection string of the Cosmos DB account"),
  COSMOS_CONNECTION__accountEndpoint: z.url().optional().describe("its endpoint, with a managed identity"),
  COSMOS_DATABASE: z.string().min(1).default("carreau"),
  SERVICEBUS_CONNECTION: z.string().startsWith("Endpoint=").optional().describe("connection string of the Service Bus namespace"),
  SERVICEBUS_CONNECTION__fullyQualifiedNamespace: z.string().min(1).optional().describe("its host name, with a managed identity"),
  KEYVAULT_URL: vaultUrl.describe("the vault that credential references are read from"),
  CARREAU_SIGNING_KEY_REF: z
    .string()
    .min(1)
    .default("carreau-signing-key")
    .describe("name of the secret that holds the Ed25519 keys that receipts are signed with, in PEM, the newest last"),
  MANAGED_IDENTITY_CLIENT_ID: z.uuid().optional().describe("client id of the user-assigned identity; the system-assigned one otherwise"),
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
  CARREAU_ADMIN_KEY_REF: z.string().min(1).default("carreau-admin-key").describe("name of the secret that holds the admin key"),
});
export type AzureConfig = z.infer<typeof azure>;

const hostedAzure = reachable({ ...gatewaySettings, ...hostSettings, ...azureSettings });
export type HostedAzureConfig = z.infer<typeof hostedAzure>;

/** Where the cloud's services are. */
export type AzureConnections = Pick<AzureConfig, keyof typeof azureSettings>;

/** Reads the environment of a gateway in Azure Functions. Throws `ConfigError`. */
export const loadAzureConfig = (env: Environment): AzureConfig => readSettings(azure, env);

/** Reads the environment of a gateway with a host of our own on the cloud's services. Throws `ConfigError`. */
export const loadHostedAzureConfig = (env: Environment): HostedAzureConfig => readSettings(hostedAzure, env);

import { z } from "zod";

/** A setting is missing or wrong: the start stops with its name. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

const flag = (fallback: boolean) =>
  z
    .enum(["true", "false", "1", "0"])
    .transform((text) => text === "true" || text === "1")
    .default(fallback);

/** What every gateway can be told, wherever it runs. */
export const gatewaySettings = {
  CARREAU_TRUSTED_PROXY_HOPS: z
    .string()
    .regex(/^\d$/, "a number from 0 to 9")
    .transform(Number)
    .default(0)
    .describe("proxies of ours in front of the gateway"),
  CARREAU_COUNTRY_HEADER: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, "the name of a header")
    .optional()
    .describe("the header in which an edge of ours says which country a visitor is in"),
  CARREAU_LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("base URL of a receiver of the OpenTelemetry protocol over HTTP; nothing is exported without one"),
  OTEL_SERVICE_NAME: z.string().min(1).max(255).default("carreau").describe("the service's name in traces and metrics"),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(?:0(?:\.\d+)?|1(?:\.0+)?)$/, "a number from 0 to 1")
    .transform(Number)
    .default(1)
    .describe("the share of requests whose traces are exported"),
};

/** What a gateway with a host of our own can be told. */
export const hostSettings = {
  // Not in Azure Functions (spec 2.8): one wrong app setting would open the private network to whoever makes configs.
  CARREAU_ALLOW_PRIVATE_TARGETS: flag(false).describe("lets provider URLs be http and on private addresses"),
  PORT: z
    .string()
    .regex(/^\d+$/, "a port number")
    .transform(Number)
    .pipe(z.int().max(65_535))
    .default(7071)
    .describe("0 takes any free port"),
  CARREAU_HOST: z.union([z.ipv4(), z.ipv6()]).default("127.0.0.1").describe("the address to listen on"),
  CARREAU_DATA: z.string().min(1).default("./.carreau").describe("the folder of the database and generated secrets"),
  CARREAU_ADMIN_KEY: z
    .string()
    .trim()
    .min(16, "at least 16 characters")
    .optional()
    .describe("generated and kept in the data folder when absent"),
  CARREAU_DEMO: flag(true).describe("0: no demo tenant and no recording provider"),
};
const host = z.object({ ...gatewaySettings, ...hostSettings });
export type HostConfig = z.infer<typeof host>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads settings from the environment. Throws `ConfigError` that names every wrong variable; an empty one counts as not set. */
export function readSettings<S extends z.ZodType>(schema: S, env: Environment): z.infer<S> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => `${String(issue.path[0])}: ${issue.message}`).join("; "));
  }
  return parsed.data;
}

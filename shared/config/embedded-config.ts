import { z } from "zod";
import { type Environment, gatewaySettings, hostSettings, readSettings } from "./settings.ts";

/** Settings of the gateway on one machine, by environment variable. */
const embedded = z.object({
  ...gatewaySettings,
  ...hostSettings,
  CARREAU_SECRETS_FILE: z
    .string()
    .min(1)
    .optional()
    .describe("a JSON object, secret name to value, or tenant to such an object; default <data>/secrets.json"),
});
export type EmbeddedConfig = z.infer<typeof embedded>;

/** Reads the environment of a gateway on one machine. Throws `ConfigError`. */
export const loadEmbeddedConfig = (env: Environment): EmbeddedConfig => readSettings(embedded, env);

import type { Config } from "../configs/config.ts";
import { activeConfigs } from "../configs/read-configs.ts";
import { pointerToReference } from "../configs/read-secrets.ts";
import type { Ports } from "../ports/ports.ts";
import { Problem } from "../problems/problem.ts";
import { invalid, pointerTo } from "../problems/validate.ts";
import type { Insight, ProviderDefinition } from "../providers/definition.ts";

/** What choosing needs to know of an insight of any kind. */
type Asked = Pick<Insight<Readonly<Record<string, unknown>>, never, never>, "setting" | "isEnabled" | "settingsNeeded" | "secretsNeeded">;

/**
 * The tenant's active config that may be asked: the one of this id, or else the only one that is enabled for it. Refuses with what
 * is wrong: none, several, not active, not enabled, or without a field that asking needs.
 */
export async function chooseConfig(
  ports: Pick<Ports, "store">,
  tenantId: string,
  definition: ProviderDefinition,
  insight: Asked,
  configId: string | undefined,
): Promise<Config> {
  const config =
    configId === undefined
      ? await onlyConfig(ports, tenantId, definition, insight)
      : await namedConfig(ports, tenantId, definition, configId);
  if (!insight.isEnabled(config.settings)) {
    throw new Problem("feature-disabled", `the config's ${insight.setting} is off`, {
      extensions: { pointer: pointerTo(insight.setting), config_id: config.id },
    });
  }
  const missing = [
    ...(insight.settingsNeeded ?? []).filter((name) => config.settings[name] === undefined).map(pointerTo),
    ...insight.secretsNeeded.filter((name) => config.credentials[name] === undefined).map(pointerToReference),
  ];
  if (missing.length > 0) {
    throw incomplete(config, missing, "the config does not have it");
  }
  return config;
}

/** The problem of a config without something that asking needs; `pointers` are JSON pointers into it. */
export const incomplete = ({ id }: Config, pointers: readonly string[], detail: string): Problem =>
  new Problem("config-incomplete", `${pointers[0]}: ${detail}`, {
    extensions: { pointer: pointers[0], config_id: id, errors: pointers.map((pointer) => ({ pointer, detail })) },
  });

async function onlyConfig(ports: Pick<Ports, "store">, tenantId: string, { slug }: ProviderDefinition, { isEnabled }: Asked) {
  const active = (await activeConfigs(ports, tenantId)).filter(({ provider }) => provider === slug);
  const enabled = active.filter(({ settings }) => isEnabled(settings));
  const [config] = enabled.length === 0 ? active : enabled;
  if (config === undefined) {
    throw new Problem("not-found", "there is no active config of this provider");
  }
  if (enabled.length > 1) {
    throw invalid("body-invalid", [{ pointer: "/config_id", detail: "several configs could answer; say which" }]);
  }
  return config;
}

/** Another tenant's config is refused as one that is not there. */
async function namedConfig({ store }: Pick<Ports, "store">, tenantId: string, { slug }: ProviderDefinition, id: string): Promise<Config> {
  const config = (await store.get<Config>("configs", tenantId, id))?.document;
  if (config === undefined || config.provider !== slug) {
    throw invalid("body-invalid", [{ pointer: "/config_id", detail: "no config of this provider has this id" }]);
  }
  if (config.status !== "active") {
    throw new Problem("conflict", `the config is ${config.status}; only an active one is asked`, {
      extensions: { config_status: config.status },
    });
  }
  return config;
}

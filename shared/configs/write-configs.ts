import { v7 as uuid } from "uuid";
import { z } from "zod";
import type { Stored } from "../ports/document-store.ts";
import type { Ports } from "../ports/ports.ts";
import { Problem } from "../problems/problem.ts";
import { validate } from "../problems/validate.ts";
import type { ProviderDefinition } from "../providers/definition.ts";
import { changeDocument } from "./change-document.ts";
import { checkSettings } from "./check-settings.ts";
import { type Config, configSettings, editableView, storedSettings } from "./config.ts";
import { requireTransition, type Status, type StatusChange, statuses } from "./lifecycle.ts";
import { mergePatch } from "./merge-patch.ts";
import { requireConfig } from "./read-configs.ts";

type ConfigPorts = Pick<Ports, "store" | "secrets" | "http" | "clock">;

/** Which config, who changes it, and whether only if its tag is still the one the caller saw. */
export interface ConfigChange {
  readonly tenantId: string;
  readonly definition: ProviderDefinition;
  readonly id: string;
  readonly by: string;
  /** Decides on the current tag: `If-Match`. */
  readonly mayReplace: (etag: string) => boolean;
}

const historyMax = 100;

/** Makes a config in `draft`. */
export const createConfig =
  (ports: ConfigPorts) =>
  async (tenantId: string, definition: ProviderDefinition, body: unknown): Promise<Stored<Config>> => {
    const parts = storedSettings(validate(configSettings(definition), body, "body-invalid"), definition);
    await checkSettings(ports, definition, parts.settings, parts.credentials);
    const now = new Date(ports.clock.now()).toISOString();
    const config: Config = {
      id: uuid(),
      pk: tenantId,
      tenant_id: tenantId,
      provider: definition.slug,
      ...parts,
      status: "draft",
      status_history: [],
      created_at: now,
      updated_at: now,
    };
    return (await ports.store.create("configs", config)) as Stored<Config>;
  };

/** Applies a merge patch to the settings; a `status` in it is a transition. */
export const patchConfig =
  (ports: ConfigPorts) =>
  (change: ConfigChange, patch: Readonly<Record<string, unknown>>): Promise<Stored<Config>> => {
    const { status, ...settingsPatch } = patch;
    return changeConfig(ports, change, async (config) => {
      if (config.status === "decommissioned") {
        throw new Problem("conflict", "a decommissioned config can't be changed");
      }
      const patched = mergePatch(editableView(config), settingsPatch);
      const parts = storedSettings(validate(configSettings(change.definition), patched, "body-invalid"), change.definition);
      await checkSettings(ports, change.definition, parts.settings, parts.credentials);
      const edited = { ...config, ...parts };
      return status === undefined
        ? edited
        : moveTo(edited, validate(z.enum(statuses), status, "body-invalid", "/status"), change.by, undefined, ports.clock.now());
    });
  };

/** Moves a config to another status; decommissioning one again changes nothing. */
export const transitionConfig =
  (ports: ConfigPorts) =>
  (change: ConfigChange, to: Status, reason?: string): Promise<Stored<Config>> =>
    changeConfig(ports, change, async (config) =>
      to === "decommissioned" && config.status === to ? config : moveTo(config, to, change.by, reason, ports.clock.now()),
    );

const changeConfig = (
  ports: ConfigPorts,
  { tenantId, definition, id, mayReplace }: ConfigChange,
  edit: (config: Config) => Promise<Config>,
): Promise<Stored<Config>> =>
  changeDocument({
    read: () => requireConfig(ports, tenantId, definition.slug, id),
    mayReplace,
    edit,
    write: (edited, { etag }) => ports.store.replace("configs", { ...edited, updated_at: new Date(ports.clock.now()).toISOString() }, etag),
  });

function moveTo(config: Config, to: Status, by: string, reason: string | undefined, now: number): Config {
  requireTransition(config.status, to, by);
  const change: StatusChange = {
    from: config.status,
    to,
    at: new Date(now).toISOString(),
    by,
    ...(reason === undefined ? {} : { reason }),
  };
  const { status_reason: _old, ...rest } = config;
  return {
    ...rest,
    status: to,
    ...(reason === undefined ? {} : { status_reason: reason }),
    status_history: [...config.status_history, change].slice(-historyMax),
    // What is final needs no way to any secret any more.
    credentials: to === "decommissioned" ? {} : config.credentials,
  };
}

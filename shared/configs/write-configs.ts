import { v7 as uuid } from "uuid";
import { z } from "zod";
import type { Stored } from "../ports/document-store.ts";
import { Problem } from "../problems/problem.ts";
import { validate } from "../problems/validate.ts";
import type { ProviderDefinition } from "../providers/definition.ts";
import { activateConfig } from "./activate-config.ts";
import { type ConfigChange, changeConfig } from "./change-config.ts";
import { checkSettings } from "./check-settings.ts";
import { type Config, configSettings, editableView, hasSameAccess, storedSettings } from "./config.ts";
import { type Status, statuses } from "./lifecycle.ts";
import { mergePatch } from "./merge-patch.ts";
import { changedAt, moveTo, withoutVerification } from "./move-config.ts";
import type { VerifyPorts } from "./verify-config.ts";

/** Makes a config in `draft`. */
export const createConfig =
  (ports: VerifyPorts) =>
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

/** Applies a merge patch to the settings; a `status` in it is a transition. What was verified of other settings says nothing any more. */
export const patchConfig =
  (ports: VerifyPorts) =>
  (change: ConfigChange, patch: Readonly<Record<string, unknown>>): Promise<Stored<Config>> => {
    const { status, ...settingsPatch } = patch;
    const edit = async (config: Config): Promise<Config> => {
      if (config.status === "decommissioned") {
        throw new Problem("conflict", "a decommissioned config can't be changed");
      }
      const patched = mergePatch(editableView(config), settingsPatch);
      const parts = storedSettings(validate(configSettings(change.definition), patched, "body-invalid"), change.definition);
      await checkSettings(ports, change.definition, parts.settings, parts.credentials);
      const edited = { ...config, ...parts };
      const known = hasSameAccess(config, edited) ? edited : withoutVerification(edited);
      const now = ports.clock.now();
      return status === undefined
        ? { ...known, updated_at: changedAt(config, now) }
        : moveTo(known, validate(z.enum(statuses), status, "body-invalid", "/status"), change.by, undefined, now);
    };
    return status === "active" ? activateConfig(ports, change, edit) : changeConfig(ports, change, edit);
  };

/** Moves a config to another status; decommissioning one again changes nothing. Only what is verified, or forced, becomes active. */
export const transitionConfig =
  (ports: VerifyPorts) =>
  (change: ConfigChange, to: Status, reason?: string): Promise<Stored<Config>> => {
    const edit = async (config: Config) =>
      to === "decommissioned" && config.status === to ? config : moveTo(config, to, change.by, reason, ports.clock.now());
    return to === "active" ? activateConfig(ports, change, edit) : changeConfig(ports, change, edit);
  };

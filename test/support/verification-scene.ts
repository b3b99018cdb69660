import type { ConfigChange } from "../../shared/configs/change-config.ts";
import type { Config } from "../../shared/configs/config.ts";
import { verifyConfig } from "../../shared/configs/verify-config.ts";
import { createConfig, patchConfig, transitionConfig } from "../../shared/configs/write-configs.ts";
import type { Answer, Failure, OutgoingRequest } from "../../shared/ports/http-client.ts";
import type { Ports } from "../../shared/ports/ports.ts";
import { Problem } from "../../shared/problems/problem.ts";
import type { ProviderDefinition } from "../../shared/providers/definition.ts";
import { openTestStore } from "./embedded-store.ts";
import { verifiableProvider } from "./fake-provider.ts";
import { status } from "./gateway-in-process.ts";

export const token = "unmistakable-token/1";

/** Verifying over SQLite, under a clock that the test moves, with a provider whose answers the test writes. */
export function openVerificationScene() {
  const open = openTestStore();
  const asked: OutgoingRequest[] = [];
  const logged: object[] = [];
  const vault = { values: new Map([["acme-token", token]]), isDown: false, refreshed: 0 };
  const scene = {
    definition: verifiableProvider(),
    answer: async (_request: OutgoingRequest): Promise<Answer | Failure> => status(200, "{}"),
  };
  const keep = (fields: object) => void logged.push(fields);
  const http: Ports["http"] = {
    send: (request) => {
      asked.push(request);
      return scene.answer(request);
    },
    checkTarget: async () => "ok",
    close: async () => undefined,
  };
  const secrets: Ports["secrets"] = {
    get: async (_tenant, reference, options) => {
      if (vault.isDown) {
        throw new Problem("store-unavailable");
      }
      vault.refreshed += options?.refresh === true ? 1 : 0;
      return vault.values.get(reference) ?? "not-found";
    },
    getOwn: async () => "not-found",
    check: () => "ok",
  };
  const ports = { ...open, http, secrets, log: { info: keep, warn: keep, error: keep } };
  const change = (id: string, more: Partial<ConfigChange> = {}): ConfigChange => ({
    tenantId: "tenant-a",
    definition: scene.definition,
    id,
    by: "key:1",
    mayReplace: () => true,
    ...more,
  });
  return {
    close: open.close,
    clock: open.clock,
    scene,
    vault,
    asked,
    logged,
    /** What the provider says from now on. */
    says: (answer: Answer | Failure) => {
      scene.answer = async () => answer;
    },
    /** A config with a token, in draft. */
    make: async (body: object = { credentials: { token_ref: "acme-token" } }, definition: ProviderDefinition = scene.definition) =>
      (await createConfig(ports)("tenant-a", definition, { site: "a", ...body })).document.id,
    verify: (id: string, more?: Partial<ConfigChange>) => verifyConfig(ports)(change(id, more)),
    patch: (id: string, body: Record<string, unknown>, more?: Partial<ConfigChange>) => patchConfig(ports)(change(id, more), body),
    activate: (id: string, more?: Partial<ConfigChange>) => transitionConfig(ports)(change(id, more), "active"),
    pause: (id: string) => transitionConfig(ports)(change(id), "paused"),
    decommission: (id: string) => transitionConfig(ports)(change(id), "decommissioned"),
    stored: async (id: string) => (await open.store.get<Config>("configs", "tenant-a", id))!,
  };
}

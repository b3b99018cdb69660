import { type ActiveConsentConfig, activeConsentId } from "../../shared/consent/consent-config.ts";
import type { ConsentCategory } from "../../shared/consent/gate.ts";
import { publishConsentConfig } from "../../shared/consent/publish-consent-config.ts";
import { listConsentVersions, requireConsentConfig } from "../../shared/consent/read-consent-configs.ts";
import {
  archiveConsentConfig,
  type ConsentConfigChange,
  createConsentConfig,
  patchConsentConfig,
} from "../../shared/consent/write-consent-configs.ts";
import type { Ports } from "../../shared/ports/ports.ts";
import { openTestStore } from "./embedded-store.ts";

/** A tenant that makes and publishes consent configs in a store of its own. */
export function openConsentConfigScene() {
  const open = openTestStore();
  const over = (ports: Pick<Ports, "store" | "clock">, tenant = "tenant-a") => {
    const change = (id: string, more: Partial<ConsentConfigChange>): ConsentConfigChange => ({
      tenantId: tenant,
      id,
      mayReplace: () => true,
      ...more,
    });
    return {
      make: async (body: object = {}) => (await createConsentConfig(ports)(tenant, { display_name: "Banner", ...body })).document,
      get: (id: string) => requireConsentConfig(ports, tenant, id),
      patch: async (id: string, body: Record<string, unknown>, more: Partial<ConsentConfigChange> = {}) =>
        (await patchConsentConfig(ports)(change(id, more), body)).document,
      publish: async (id: string, renew: readonly ConsentCategory[] = [], more: Partial<ConsentConfigChange> = {}) =>
        (await publishConsentConfig(ports)(change(id, more), { by: "key:1", renew })).document,
      archive: async (id: string, more: Partial<ConsentConfigChange> = {}) =>
        (await archiveConsentConfig(ports)(change(id, more))).document,
      active: async () => (await ports.store.get<ActiveConsentConfig>("consent-configs", tenant, activeConsentId))?.document,
      versions: (id: string) => listConsentVersions(ports)(tenant, id, { limit: 100 }),
    };
  };
  return { ...open, ...over(open), over };
}

export type ConsentConfigScene = ReturnType<typeof openConsentConfigScene>;

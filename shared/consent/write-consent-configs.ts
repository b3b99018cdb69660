import { isDeepStrictEqual } from "node:util";
import { v7 as uuid } from "uuid";
import { changeDocument } from "../configs/change-document.ts";
import { mergePatch } from "../configs/merge-patch.ts";
import type { Stored, WriteFailure, WriteOperation } from "../ports/document-store.ts";
import type { Ports } from "../ports/ports.ts";
import { Problem } from "../problems/problem.ts";
import { type ActiveConsentConfig, activeConsentId, type ConsentConfig, type ConsentContent, consentContent } from "./consent-config.ts";
import { publishedContent } from "./published-content.ts";
import { getConsentVersion, requireConsentConfig } from "./read-consent-configs.ts";

type ConsentPorts = Pick<Ports, "store" | "clock">;

/** Which config, and whether only if its tag is still the one the caller saw. */
export interface ConsentConfigChange {
  readonly tenantId: string;
  readonly id: string;
  /** Decides on the current tag: `If-Match`. */
  readonly mayReplace: (etag: string) => boolean;
}

/** Makes a consent config in `draft`. */
export const createConsentConfig =
  (ports: ConsentPorts) =>
  async (tenantId: string, body: unknown): Promise<Stored<ConsentConfig>> => {
    const now = new Date(ports.clock.now()).toISOString();
    const config: ConsentConfig = {
      id: uuid(),
      pk: tenantId,
      type: "config",
      tenant_id: tenantId,
      status: "draft",
      version: 0,
      has_unpublished_changes: true,
      content: consentContent(body),
      created_at: now,
      updated_at: now,
    };
    return (await ports.store.create("consent-configs", config)) as Stored<ConsentConfig>;
  };

/** Applies a merge patch. What visitors see stays as it is until the next publication. */
export const patchConsentConfig =
  (ports: ConsentPorts) =>
  (change: ConsentConfigChange, patch: Readonly<Record<string, unknown>>): Promise<Stored<ConsentConfig>> =>
    changeDocument({
      read: () => requireConsentConfig(ports, change.tenantId, change.id),
      mayReplace: change.mayReplace,
      edit: async (config) => {
        if (config.status === "archived") {
          throw new Problem("conflict", "an archived consent config can't be changed");
        }
        const content = consentContent(mergePatch(config.content, patch));
        return { ...config, content, has_unpublished_changes: await isUnpublished(ports, config, content), updated_at: nowOf(ports) };
      },
      write: (edited, { etag }) => ports.store.replace("consent-configs", edited, etag),
    });

/** Ends a config for good. If it was the active one, the tenant has none from then on, and nobody's consent counts. */
export const archiveConsentConfig =
  (ports: ConsentPorts) =>
  (change: ConsentConfigChange): Promise<Stored<ConsentConfig>> =>
    changeDocument({
      read: () => requireConsentConfig(ports, change.tenantId, change.id),
      mayReplace: change.mayReplace,
      edit: (config) => (config.status === "archived" ? config : { ...config, status: "archived", updated_at: nowOf(ports) }),
      write: (edited, current) => writeArchived(ports, edited, current),
    });

async function writeArchived(
  { store }: ConsentPorts,
  document: ConsentConfig,
  current: Stored<ConsentConfig>,
): Promise<Stored<ConsentConfig> | WriteFailure> {
  const operations: WriteOperation[] = [{ type: "replace", document, etag: current.etag }];
  const active = await store.get<ActiveConsentConfig>("consent-configs", document.pk, activeConsentId);
  if (active?.document.config_id === document.id) {
    operations.push({ type: "delete", id: activeConsentId, etag: active.etag });
  }
  const result = await store.batch("consent-configs", document.pk, operations);
  return result.applied ? { document, etag: result.etags[0]! } : result.reason;
}

async function isUnpublished(ports: ConsentPorts, config: ConsentConfig, content: ConsentContent): Promise<boolean> {
  if (config.version === 0) {
    return true;
  }
  const { document } = await getConsentVersion(ports)(config.pk, config.id, config.version);
  return !isDeepStrictEqual(content, publishedContent(document));
}

const nowOf = ({ clock }: ConsentPorts): string => new Date(clock.now()).toISOString();

import { requireMatch } from "../configs/change-document.ts";
import type { Stored, WriteOperation } from "../ports/document-store.ts";
import type { Ports } from "../ports/ports.ts";
import { Problem } from "../problems/problem.ts";
import {
  type ActiveConsentConfig,
  activeConsentId,
  type ConsentConfig,
  type ConsentConfigVersion,
  type PublishedConsentConfig,
  versionId,
} from "./consent-config.ts";
import type { ConsentCategory } from "./gate.ts";
import { publishedCategories } from "./published-content.ts";
import { requireConsentConfig } from "./read-consent-configs.ts";
import type { ConsentConfigChange } from "./write-consent-configs.ts";

/** Who publishes, and for which categories everybody is to be asked again. */
export interface Publication {
  readonly by: string;
  readonly renew: readonly ConsentCategory[];
}

/**
 * Makes a config's content its next version, and the one that visitors see; another config that was active is archived. All of it is
 * one write: of two publications at once one wins, and the other is told (`precondition-failed` with `If-Match`, else `conflict`).
 */
export const publishConsentConfig =
  (ports: Pick<Ports, "store" | "clock">) =>
  async ({ tenantId, id, mayReplace }: ConsentConfigChange, { by, renew }: Publication): Promise<Stored<ConsentConfig>> => {
    const current = await requireConsentConfig(ports, tenantId, id);
    requireMatch(mayReplace, current.etag);
    requirePublishable(current.document, renew);
    const active = await ports.store.get<ActiveConsentConfig>("consent-configs", tenantId, activeConsentId);
    const published = publish(current.document, active?.document, { by, renew }, new Date(ports.clock.now()).toISOString());
    const config: ConsentConfig = {
      ...current.document,
      status: "active",
      version: published.version,
      has_unpublished_changes: false,
      updated_at: published.published_at,
    };
    const snapshot: ActiveConsentConfig = { ...published, type: "active", id: activeConsentId };
    const version: ConsentConfigVersion = { ...published, type: "version", id: versionId(id, published.version) };
    const operations: WriteOperation[] = [
      { type: "replace", document: config, etag: current.etag },
      { type: "create", document: version },
      active === undefined ? { type: "create", document: snapshot } : { type: "replace", document: snapshot, etag: active.etag },
    ];
    if (active !== undefined && active.document.config_id !== id) {
      const { document, etag } = await requireConsentConfig(ports, tenantId, active.document.config_id);
      const archived: ConsentConfig = { ...document, status: "archived", updated_at: published.published_at };
      operations.push({ type: "replace", document: archived, etag });
    }
    const result = await ports.store.batch("consent-configs", tenantId, operations);
    if (!result.applied) {
      // Not tried again: what somebody else wrote in between is not what this caller meant to publish.
      requireMatch(mayReplace, (await requireConsentConfig(ports, tenantId, id)).etag);
      throw new Problem("conflict", "somebody else changed or published a consent config at the same time; read it and publish again");
    }
    return { document: config, etag: result.etags[0]! };
  };

function requirePublishable({ status, version, has_unpublished_changes }: ConsentConfig, renew: readonly ConsentCategory[]): void {
  if (status === "archived") {
    throw new Problem("transition-not-allowed", "from archived to active; allowed: none: it is final", {
      extensions: { config_status: status, allowed_statuses: [] },
    });
  }
  if (!has_unpublished_changes && renew.length === 0) {
    throw new Problem("conflict", `nothing has changed since version ${version} was published`);
  }
}

function publish(
  { id, pk, tenant_id, version: last, content }: ConsentConfig,
  active: ActiveConsentConfig | undefined,
  { by, renew }: Publication,
  now: string,
): PublishedConsentConfig {
  const version = last + 1;
  const previous = active?.config_id === id ? active : undefined;
  return {
    id,
    pk,
    tenant_id,
    config_id: id,
    version,
    ...content,
    categories: publishedCategories(content, version, previous, renew),
    published_at: now,
    published_by: by,
  };
}

import type { Stored } from "../ports/document-store.ts";
import type { Ports } from "../ports/ports.ts";
import { Problem } from "../problems/problem.ts";
import { type ConsentConfig, type ConsentConfigVersion, type ConsentStatus, versionId } from "./consent-config.ts";
import { consentWarnings } from "./consent-warnings.ts";

/** One consent config of the tenant, or `not-found`. */
export async function requireConsentConfig(ports: Pick<Ports, "store">, tenantId: string, id: string): Promise<Stored<ConsentConfig>> {
  const stored = await ports.store.get<ConsentConfig>("consent-configs", tenantId, id);
  // The versions, and the copy for the gate, live in the same partition.
  if (stored === undefined || stored.document.type !== "config") {
    throw new Problem("not-found", "no consent config has this id");
  }
  return stored;
}

/** A tenant's consent configs in the order of their making, after the id `after`; without the archived ones unless asked for. */
export const listConsentConfigs =
  (ports: Pick<Ports, "store">) =>
  async (
    tenantId: string,
    options: { limit: number; after?: string | undefined; status?: ConsentStatus | undefined },
  ): Promise<Stored<ConsentConfig>[]> => {
    const statuses = options.status === undefined ? ["draft", "active"] : [options.status];
    const page = await ports.store.query<ConsentConfig>("consent-configs", tenantId, {
      where: [
        { path: "type", op: "eq", value: "config" },
        { path: "status", op: "in", value: statuses },
        { path: "id", op: "gt", value: options.after ?? "" },
      ],
      orderBy: { path: "id", direction: "asc" },
      limit: options.limit,
    });
    return [...page.items];
  };

/** The published versions of a config, newest first, older than `before`; `not-found` when there is no such config. */
export const listConsentVersions =
  (ports: Pick<Ports, "store">) =>
  async (tenantId: string, configId: string, options: { limit: number; before?: number | undefined }): Promise<ConsentConfigVersion[]> => {
    await requireConsentConfig(ports, tenantId, configId);
    const page = await ports.store.query<ConsentConfigVersion>("consent-configs", tenantId, {
      where: [
        { path: "type", op: "eq", value: "version" },
        { path: "config_id", op: "eq", value: configId },
        { path: "version", op: "lt", value: options.before ?? Number.MAX_SAFE_INTEGER },
      ],
      orderBy: { path: "version", direction: "desc" },
      limit: options.limit,
    });
    return page.items.map(({ document }) => document);
  };

/** One published version, or `not-found`. */
export const getConsentVersion =
  (ports: Pick<Ports, "store">) =>
  async (tenantId: string, configId: string, version: number): Promise<Stored<ConsentConfigVersion>> => {
    const stored = await ports.store.get<ConsentConfigVersion>("consent-configs", tenantId, versionId(configId, version));
    if (stored === undefined) {
      throw new Problem("not-found", "no consent config has published this version");
    }
    return stored;
  };

/** A config as its tenant sees it: one flat document. */
export function consentConfigView({ id, tenant_id, status, version, has_unpublished_changes, content, ...times }: ConsentConfig) {
  const { created_at, updated_at } = times;
  const warnings = consentWarnings(content);
  return { id, tenant_id, status, version, has_unpublished_changes, ...content, warnings, created_at, updated_at };
}

/** A published version as its tenant sees it. */
export function consentVersionView({ id: _id, pk: _pk, type: _type, ...view }: ConsentConfigVersion) {
  return view;
}

/** A published version in a list: `renewed` are the categories for which earlier consents stopped counting with it. */
export function consentVersionSummary({ config_id, version, categories, published_at, published_by }: ConsentConfigVersion) {
  const renewed = Object.entries(categories).flatMap(([name, { since_version }]) => (since_version === version ? [name] : []));
  return { config_id, version, published_at, published_by, renewed };
}

import type { DocumentStore } from "../ports/document-store.ts";
import { invalid } from "../problems/validate.ts";
import {
  type ActiveConsentConfig,
  activeConsentId,
  type ConsentConfigVersion,
  type PublishedConsentConfig,
  versionId,
} from "./consent-config.ts";

/** Which config and version a page says that it has shown. */
export interface ShownConfig {
  readonly config_id?: string | undefined;
  readonly config_version?: number | undefined;
}

/** The published config that a decision names, the newest version of the tenant's if it names none; `body-invalid` when there is no such. */
export async function findPublishedConfig(
  store: Pick<DocumentStore, "get">,
  tenantId: string,
  { config_id, config_version }: ShownConfig,
): Promise<PublishedConsentConfig> {
  const active = (await store.get<ActiveConsentConfig>("consent-configs", tenantId, activeConsentId))?.document;
  if (active === undefined) {
    throw invalid("body-invalid", [{ pointer: "/config_id", detail: "this tenant has no published consent config" }]);
  }
  if (config_id !== undefined && config_id !== active.config_id) {
    throw invalid("body-invalid", [{ pointer: "/config_id", detail: "not the consent config that this tenant has published" }]);
  }
  if (config_version === undefined || config_version === active.version) {
    return active;
  }
  const earlier = await store.get<ConsentConfigVersion>("consent-configs", tenantId, versionId(active.config_id, config_version));
  if (earlier === undefined) {
    throw invalid("body-invalid", [{ pointer: "/config_version", detail: "the config has no published version of this number" }]);
  }
  return earlier.document;
}

import type { Stored } from "../ports/document-store.ts";
import type { Ports } from "../ports/ports.ts";
import type { ProviderDefinition } from "../providers/definition.ts";
import { changeDocument } from "./change-document.ts";
import type { Config } from "./config.ts";
import { requireConfig } from "./read-configs.ts";

/** Which config, who changes it, and whether only if its tag is still the one the caller saw. */
export interface ConfigChange {
  readonly tenantId: string;
  readonly definition: ProviderDefinition;
  readonly id: string;
  readonly by: string;
  /** Decides on the current tag: `If-Match`. */
  readonly mayReplace: (etag: string) => boolean;
  /** Activates although the verification failed. */
  readonly force?: boolean;
}

/** Reads, changes and writes back, as `changeDocument` does. */
export const changeConfig = (
  { store }: Pick<Ports, "store">,
  { tenantId, definition, id, mayReplace }: ConfigChange,
  edit: (config: Config) => Promise<Config>,
): Promise<Stored<Config>> =>
  changeDocument({
    read: () => requireConfig({ store }, tenantId, definition.slug, id),
    mayReplace,
    edit,
    write: (edited, { etag }) => store.replace("configs", edited, etag),
  });

import type { Stored } from "../ports/document-store.ts";
import type { Ports } from "../ports/ports.ts";
import { Problem } from "../problems/problem.ts";
import type { ProviderDefinition } from "../providers/definition.ts";
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

const triesMax = 10;

/**
 * Reads, changes and writes back; starts over when somebody else wrote in between, unless the caller's `If-Match` forbids it. Nothing
 * is written where `edit` gives back the config itself.
 */
export async function changeConfig(
  { store }: Pick<Ports, "store">,
  { tenantId, definition, id, mayReplace }: ConfigChange,
  edit: (config: Config) => Promise<Config>,
): Promise<Stored<Config>> {
  for (let tries = 0; tries < triesMax; tries++) {
    const current = await requireConfig({ store }, tenantId, definition.slug, id);
    if (!mayReplace(current.etag)) {
      throw new Problem("precondition-failed", "the config has another ETag by now");
    }
    const edited = await edit(current.document);
    if (edited === current.document) {
      return current;
    }
    const written = await store.replace("configs", edited, current.etag);
    if (typeof written === "object") {
      return written;
    }
  }
  throw new Problem("conflict", "others keep changing this config; try again");
}

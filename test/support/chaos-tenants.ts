import { recordingEndpoints } from "../../demo/recording-endpoints.ts";
import { providers } from "../../shared/providers/registry.ts";
import { type Gateway, newTenant } from "./gateway.ts";

/** Has a config of every provider, of which those that ask for consent get nothing, and one more that is for some events only. */
export interface ChaosTenant {
  readonly id: string;
  readonly key: string;
  /** Config id to the label in its base URL. */
  readonly configs: ReadonlyMap<string, string>;
}

/** Makes such a tenant, whose labels begin with `name`. */
export async function newChaosTenant(gateway: Gateway, providerUrl: string, name: string): Promise<ChaosTenant> {
  const { id, key } = await newTenant(gateway);
  const configs = new Map<string, string>();
  const filter = { conditions: [{ property: "plan", op: "equals", value: "pro" }] };
  const wanted = [...providers.map(({ slug }) => ({ slug, own: {} })), { slug: "plausible", own: { filter } }];
  for (const [at, { slug, own }] of wanted.entries()) {
    const label = `${name}${at}`;
    const { exampleSettings } = await recordingEndpoints(slug);
    const body = { ...exampleSettings(`${providerUrl}/${slug}/${label}`), ...own };
    const made = await gateway.call("POST", `/analytics/${slug}/configs`, { key, body });
    const active = await gateway.call("POST", `/analytics/${slug}/configs/${made.body.id}/activate`, { key });
    if (active.status !== 200) {
      throw new Error(`no config of ${slug}: ${made.text} ${active.text}`);
    }
    configs.set(made.body.id, label);
  }
  return { id, key, configs };
}

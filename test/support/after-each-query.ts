import type { Document } from "../../shared/ports/document-store.ts";
import type { Ports } from "../../shared/ports/ports.ts";

/** A store in which something happens after each query, before anybody sees its answer. */
export function afterEachQuery(store: Ports["store"], happen: () => unknown): Ports["store"] {
  const query: typeof store.query = async <D extends Document>(...asked: Parameters<typeof store.query>) => {
    const page = await store.query<D>(...asked);
    await happen();
    return page;
  };
  return new Proxy(store, {
    get: (target, name: keyof typeof store) => (name === "query" ? query : (target[name] as () => unknown).bind(target)),
  });
}

import type { ContainerName } from "./containers.ts";
import type { Document, DocumentStore, Query } from "./document-store.ts";

const pageSize = 1000;

/** All documents that a query of one partition finds, page by page. */
export async function* queryAll<D extends Document>(
  store: Pick<DocumentStore, "query">,
  container: ContainerName,
  pk: string,
  query: Omit<Query, "limit" | "continuation">,
): AsyncGenerator<D> {
  let continuation: string | undefined;
  do {
    const page = await store.query<D>(container, pk, {
      ...query,
      limit: pageSize,
      ...(continuation === undefined ? {} : { continuation }),
    });
    for (const { document } of page.items) {
      yield document;
    }
    continuation = page.continuation;
  } while (continuation !== undefined);
}

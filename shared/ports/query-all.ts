import type { ContainerName } from "./containers.ts";
import type { Document, DocumentStore, Query } from "./document-store.ts";

/** The most there is. */
const pageSizeMax = 1000;

/** All documents that a query of one partition finds, page by page; large documents come in smaller pages. */
export async function* queryAll<D extends Document>(
  store: Pick<DocumentStore, "query">,
  container: ContainerName,
  pk: string,
  query: Omit<Query, "limit" | "continuation">,
  pageSize = pageSizeMax,
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

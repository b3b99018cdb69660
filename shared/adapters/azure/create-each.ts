import type { ContainerName } from "../../ports/containers.ts";
import type { Document, DocumentStore } from "../../ports/document-store.ts";
import { Problem } from "../../problems/problem.ts";
import { isSameDocument } from "./cosmos-documents.ts";
import { isOutcomeUnknown } from "./cosmos-errors.ts";

/** Documents per batch: with events of at most 32 KB well below the 2 MB of a request. */
const perBatch = 50;

/**
 * Creates each document unless its id is taken, as many in one request as share a partition. A batch that meets a taken id, or whose
 * outcome is unknown, is gone through one by one: a create that meets the very same document counts as done.
 */
export async function createEach<D extends Document>(
  store: DocumentStore,
  container: ContainerName,
  documents: readonly D[],
): Promise<("created" | "conflict")[]> {
  const results: ("created" | "conflict")[] = [];
  const indexed = documents.map((document, index) => ({ document, index }));
  const groups = [...Map.groupBy(indexed, ({ document }) => document.pk).values()].flatMap(inBatches);
  await Promise.all(
    groups.map(async (group) => {
      const together =
        group.length === 1
          ? "refused"
          : await createTogether(
              store,
              container,
              group.map(({ document }) => document),
            );
      await Promise.all(
        group.map(async ({ document, index }) => {
          results[index] = together === "created" ? "created" : await createOne(store, container, document, together === "unknown");
        }),
      );
    }),
  );
  return results;
}

async function createTogether(
  store: DocumentStore,
  container: ContainerName,
  documents: readonly Document[],
): Promise<"created" | "refused" | "unknown"> {
  const operations = documents.map((document) => ({ type: "create" as const, document }));
  try {
    const { applied } = await store.batch(container, documents[0]!.pk, operations);
    return applied ? "created" : "refused";
  } catch (error) {
    if (error instanceof Problem && isOutcomeUnknown(error.cause)) {
      return "unknown";
    }
    throw error;
  }
}

async function createOne(
  store: DocumentStore,
  container: ContainerName,
  document: Document,
  mayBeThere: boolean,
): Promise<"created" | "conflict"> {
  if ((await store.create(container, document)) !== "conflict") {
    return "created";
  }
  const found = mayBeThere ? await store.get(container, document.pk, document.id) : undefined;
  return found !== undefined && isSameDocument(found.document, document) ? "created" : "conflict";
}

const inBatches = <T>(items: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(items.length / perBatch) }, (_, at) => items.slice(at * perBatch, (at + 1) * perBatch));

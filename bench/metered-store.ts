import { containers } from "../shared/ports/containers.ts";
import type { Document, DocumentStore, Page, Stored, WriteOperation } from "../shared/ports/document-store.ts";
import { changeUnits, insertUnits, queryUnits, readUnits } from "./request-units.ts";

/** A store that adds up what its operations would cost on Cosmos DB, by container and operation. */
export function meteredStore(store: DocumentStore): { store: DocumentStore; units: Map<string, number> } {
  const units = new Map<string, number>();
  const add = (container: string, operation: string, cost: number) => {
    const name = `${operation} in ${container}`;
    units.set(name, (units.get(name) ?? 0) + cost);
  };
  const current = async (container: keyof typeof containers, pk: string, id: string): Promise<Document> =>
    (await store.get(container, pk, id))?.document ?? { id, pk };
  const ofOperation = async (container: keyof typeof containers, pk: string, operation: WriteOperation): Promise<number> => {
    const definition = containers[container];
    switch (operation.type) {
      case "create":
        return insertUnits(operation.document, definition);
      case "increment":
        return changeUnits(await current(container, pk, operation.initial.id), definition);
      case "patch":
      case "delete":
        return changeUnits(await current(container, pk, operation.id), definition);
      default:
        return changeUnits(operation.document, definition);
    }
  };
  const metered: DocumentStore = {
    ...store,
    get: async (container, pk, id) => {
      const found = await store.get<Document>(container, pk, id);
      add(container, "read", readUnits(found?.document));
      return found as never;
    },
    create: async (container, document) => {
      add(container, "create", insertUnits(document, containers[container]));
      return store.create(container, document);
    },
    replace: async (container, document, etag) => {
      add(container, "replace", changeUnits(document, containers[container]));
      return store.replace(container, document, etag);
    },
    upsert: async (container, document) => {
      add(container, "upsert", changeUnits(document, containers[container]));
      return store.upsert(container, document);
    },
    patch: async (container, pk, id, changes, etag) => {
      const patched = await store.patch<Document>(container, pk, id, changes, etag);
      add(container, "patch", typeof patched === "string" ? 1 : changeUnits((patched as Stored<Document>).document, containers[container]));
      return patched as never;
    },
    delete: async (container, pk, id, etag) => {
      add(container, "delete", await ofOperation(container, pk, { type: "delete", id }));
      return store.delete(container, pk, id, etag);
    },
    batch: async (container, pk, operations) => {
      for (const operation of operations) {
        add(container, `${operation.type} (batch)`, await ofOperation(container, pk, operation));
      }
      return store.batch(container, pk, operations);
    },
    query: async (container, pk, query) => {
      const page = await store.query<Document>(container, pk, query);
      add(container, "query", queryUnits((page as Page<Document>).items.map(({ document }) => document)));
      return page as never;
    },
  };
  return { store: metered, units };
}

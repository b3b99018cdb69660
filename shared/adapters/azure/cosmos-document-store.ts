import type { Container, Database, ItemDefinition, RequestOptions } from "@azure/cosmos";
import type { ContainerDefinitions } from "../../ports/containers.ts";
import type {
  BatchResult,
  Changes,
  Document,
  DocumentStore,
  Page,
  Query,
  Stored,
  WriteFailure,
  WriteOperation,
} from "../../ports/document-store.ts";
import { applyChanges } from "../common/apply-changes.ts";
import { requireIndexed } from "../common/check-store-call.ts";
import { runBatch } from "./cosmos-batch.ts";
import { asCosmosTag, asFailure, asStored, isPossibleId, isSameDocument, patchOperations } from "./cosmos-documents.ts";
import { asPortError, isOutcomeUnknown, statusOf } from "./cosmos-errors.ts";
import { runQuery } from "./cosmos-query.ts";

/** Each operation with all its retries: a request that needs three of them is still answered within 10 s. */
const operationMs = 3_000;

/** Request units of one operation, for metrics. */
export type RecordCharge = (container: string, operation: string, requestUnits: number) => void;

/** The document store on Cosmos DB for NoSQL. Every operation names its partition; none ever asks all of them. */
export class CosmosDocumentStore implements DocumentStore<string> {
  readonly #database: () => Database;
  readonly #definitions: ContainerDefinitions;
  readonly #recordCharge: RecordCharge;

  constructor(database: () => Database, definitions: ContainerDefinitions, recordCharge: RecordCharge) {
    this.#database = database;
    this.#definitions = definitions;
    this.#recordCharge = recordCharge;
  }

  async get<D extends Document>(container: string, pk: string, id: string): Promise<Stored<D> | undefined> {
    if (!isPossibleId(id)) {
      return undefined;
    }
    return this.#run(container, "get", async (items, options, charge) => {
      const { resource, requestCharge } = await items.item(id, pk).read<D>(options);
      charge(requestCharge);
      return resource === undefined ? undefined : asStored<D>(resource);
    });
  }

  create<D extends Document>(container: string, document: D): Promise<Stored<D> | "conflict"> {
    return this.#run(container, "create", async (items, options, charge) => {
      const create = async () => {
        const { resource, requestCharge } = await items.items.create(document as unknown as ItemDefinition, options);
        charge(requestCharge);
        return asStored<D>(resource as unknown as D);
      };
      try {
        return await create();
      } catch (error) {
        if (isOutcomeUnknown(error)) {
          return this.#createAgain(container, document, create);
        }
        return refusal(error, "conflict");
      }
    });
  }

  replace<D extends Document>(container: string, document: D, etag: string): Promise<Stored<D> | WriteFailure> {
    return this.#run(container, "replace", async (items, options, charge) => {
      try {
        const { resource, requestCharge } = await items
          .item(document.id, document.pk)
          .replace<ItemDefinition>(document as unknown as ItemDefinition, { ...options, ...matching(etag) });
        charge(requestCharge);
        return asStored<D>(resource as unknown as D);
      } catch (error) {
        return refusal(error, "conflict", "precondition-failed", "not-found");
      }
    });
  }

  upsert<D extends Document>(container: string, document: D): Promise<Stored<D> | "conflict"> {
    return this.#run(container, "upsert", async (items, options, charge) => {
      try {
        const { resource, requestCharge } = await items.items.upsert(document, options);
        charge(requestCharge);
        return asStored<D>(resource as unknown as D);
      } catch (error) {
        return refusal(error, "conflict");
      }
    });
  }

  async delete(container: string, pk: string, id: string, etag?: string): Promise<"deleted" | "precondition-failed" | "not-found"> {
    if (!isPossibleId(id)) {
      return "not-found";
    }
    return this.#run(container, "delete", async (items, options, charge) => {
      try {
        const { requestCharge } = await items.item(id, pk).delete({ ...options, ...matching(etag) });
        charge(requestCharge);
        return "deleted";
      } catch (error) {
        return refusal(error, "precondition-failed", "not-found");
      }
    });
  }

  async patch<D extends Document>(
    container: string,
    pk: string,
    id: string,
    changes: Changes,
    etag?: string,
  ): Promise<Stored<D> | WriteFailure> {
    if (!isPossibleId(id)) {
      return "not-found";
    }
    const operations = patchOperations(changes);
    if (operations === undefined) {
      return this.#readAndReplace<D>(container, pk, id, changes, etag);
    }
    return this.#run(container, "patch", async (items, options, charge) => {
      try {
        const { resource, requestCharge } = await items
          .item(id, pk)
          .patch<ItemDefinition>({ operations }, { ...options, ...matching(etag) });
        charge(requestCharge);
        return asStored<D>(resource as unknown as D);
      } catch (error) {
        return refusal(error, "conflict", "precondition-failed", "not-found");
      }
    });
  }

  batch(container: string, pk: string, operations: readonly WriteOperation[]): Promise<BatchResult> {
    return this.#run(container, "batch", (items, options, charge) => runBatch(items, pk, operations, options, charge));
  }

  query<D extends Document>(container: string, pk: string, query: Query): Promise<Page<D>> {
    return this.#run(container, "query", (items, options, charge) => {
      requireIndexed(this.#definitions, container, query);
      return runQuery<D>(items, pk, query, options, charge);
    });
  }

  async #run<T>(
    name: string,
    operation: string,
    work: (container: Container, options: RequestOptions, charge: (requestUnits: number) => void) => Promise<T>,
  ): Promise<T> {
    const abortSignal = AbortSignal.timeout(operationMs);
    try {
      const done = work(this.#database().container(name), { abortSignal }, (units) => this.#recordCharge(name, operation, units));
      return await Promise.race([done, timeUp(abortSignal)]);
    } catch (error) {
      throw asPortError(error);
    }
  }

  /** Whether the first try was ours to keep shows in what is there now: ids are ours, so the same document means that it was. */
  async #createAgain<D extends Document>(
    container: string,
    document: D,
    create: () => Promise<Stored<D>>,
  ): Promise<Stored<D> | "conflict"> {
    try {
      return await create();
    } catch (error) {
      const found = statusOf(error) === 409 ? await this.get<D>(container, document.pk, document.id) : undefined;
      if (found === undefined) {
        throw error;
      }
      return isSameDocument(found.document, document) ? found : "conflict";
    }
  }

  async #readAndReplace<D extends Document>(
    container: string,
    pk: string,
    id: string,
    changes: Changes,
    etag: string | undefined,
  ): Promise<Stored<D> | WriteFailure> {
    for (;;) {
      const stored = await this.get<D>(container, pk, id);
      if (stored === undefined) {
        return "not-found";
      }
      if (etag !== undefined && stored.etag !== etag) {
        return "precondition-failed";
      }
      const replaced = await this.replace(container, applyChanges(stored.document, changes), stored.etag);
      if (replaced !== "precondition-failed" || etag !== undefined) {
        return replaced;
      }
    }
  }
}

/** Rejects when the signal fires: the client does not hear it while it waits for a throttled account. */
function timeUp(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}

const matching = (etag: string | undefined) =>
  etag === undefined ? {} : { accessCondition: { type: "IfMatch", condition: asCosmosTag(etag) } };

/** The refusal that an error stands for when the port expects it here; anything else is thrown. */
function refusal<F extends WriteFailure>(error: unknown, ...expected: readonly F[]): F {
  const failure = asFailure(statusOf(error));
  if (failure === undefined || !(expected as readonly WriteFailure[]).includes(failure)) {
    throw error;
  }
  return failure as F;
}

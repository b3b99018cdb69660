import type { ContainerName } from "../../ports/containers.ts";
import type { BatchResult, Document, WriteOperation } from "../../ports/document-store.ts";
import type { FollowUp, Outbox } from "../../ports/outbox.ts";
import type { OutgoingMessage } from "../../ports/queue.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { SqliteDocuments } from "./sqlite-documents.ts";
import type { SqliteQueue } from "./sqlite-queue.ts";

/** Documents and the messages that announce them in one transaction of the database file. */
export class SqliteOutbox implements Outbox {
  readonly #documents: SqliteDocuments;
  readonly #queue: SqliteQueue;
  readonly #commit: GroupCommit;

  constructor(documents: SqliteDocuments, queue: SqliteQueue, commit: GroupCommit) {
    this.#documents = documents;
    this.#queue = queue;
    this.#commit = commit;
  }

  async createThenSend<D extends Document>(
    container: ContainerName,
    takeDocuments: () => readonly D[],
    followUp: (created: readonly D[]) => FollowUp,
  ): Promise<("created" | "conflict")[]> {
    let taken: readonly D[] | undefined;
    const { results, messages } = await this.#commit.write(() => {
      taken ??= takeDocuments();
      const documents = taken;
      const results = documents.map((document) => (this.#documents.create(container, document) === "conflict" ? "conflict" : "created"));
      const further = followUp(documents.filter((_, index) => results[index] === "created"));
      for (const { container, document } of further.documents) {
        this.#documents.create(container, document);
      }
      this.#queue.insert(further.messages);
      return { results, messages: further.messages };
    });
    this.#queue.announce(messages);
    return results;
  }

  async applyThenSend(
    container: ContainerName,
    pk: string,
    operations: readonly WriteOperation[],
    messages: readonly OutgoingMessage[],
  ): Promise<BatchResult> {
    const result = await this.#commit.write(() => {
      const result = this.#documents.batch(container, pk, operations);
      if (result.applied) {
        this.#queue.insert(messages);
      }
      return result;
    });
    if (result.applied) {
      this.#queue.announce(messages);
    }
    return result;
  }
}

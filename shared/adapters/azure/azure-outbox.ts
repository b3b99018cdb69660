import { setImmediate as nextTurn } from "node:timers/promises";
import type { ContainerName } from "../../ports/containers.ts";
import type { BatchResult, Document, DocumentStore, WriteOperation } from "../../ports/document-store.ts";
import type { Log } from "../../ports/log.ts";
import type { FollowUp, Outbox } from "../../ports/outbox.ts";
import type { MessageSender, OutgoingMessage } from "../../ports/queue.ts";
import { createEach } from "./create-each.ts";

/**
 * Documents in Cosmos DB, then messages over Service Bus: there is no transaction over both. Documents that announce themselves by a
 * due time come first, so that whatever happens after them the sweeper finds what was left undone. A message that can't be sent does
 * not fail the call: what it stands for is stored.
 */
export class AzureOutbox implements Outbox {
  readonly #store: DocumentStore;
  readonly #queue: MessageSender;
  readonly #log: Log;

  constructor(store: DocumentStore, queue: MessageSender, log: Log) {
    this.#store = store;
    this.#queue = queue;
    this.#log = log;
  }

  async createThenSend<D extends Document>(
    container: ContainerName,
    takeDocuments: () => readonly D[],
    followUp: (created: readonly D[]) => FollowUp,
  ): Promise<("created" | "conflict")[]> {
    // Callers of this turn go along.
    await nextTurn();
    const documents = takeDocuments();
    const expected = followUp(documents);
    await Promise.all(expected.documents.map((further) => this.#store.create(further.container, further.document)));
    const results = await createEach(this.#store, container, documents);
    const created = documents.filter((_, index) => results[index] === "created");
    const actual = created.length === documents.length ? expected : followUp(created);
    await this.#correct(expected, actual);
    await this.#send(actual.messages);
    return results;
  }

  async applyThenSend(
    container: ContainerName,
    pk: string,
    operations: readonly WriteOperation[],
    messages: readonly OutgoingMessage[],
  ): Promise<BatchResult> {
    const result: BatchResult = operations.length === 0 ? { applied: true, etags: [] } : await this.#store.batch(container, pk, operations);
    if (result.applied) {
      await this.#send(messages);
    }
    return result;
  }

  /** Some documents were there already, so what was written for all of them says too much. */
  async #correct(expected: FollowUp, actual: FollowUp): Promise<void> {
    if (expected === actual) {
      return;
    }
    const kept = new Map(actual.documents.map(({ document }) => [document.id, document]));
    await Promise.all(
      expected.documents.map(async ({ container, document }) => {
        const right = kept.get(document.id);
        await (right === undefined ? this.#store.delete(container, document.pk, document.id) : this.#store.upsert(container, right));
      }),
    );
  }

  async #send(messages: readonly OutgoingMessage[]): Promise<void> {
    if (messages.length === 0) {
      return;
    }
    try {
      await this.#queue.send(messages);
    } catch (error) {
      this.#log.warn({ event: "send_failed", messages: messages.length, error: (error as Error).message });
    }
  }
}

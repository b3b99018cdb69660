import type { ContainerName } from "./containers.ts";
import type { BatchResult, Document, WriteOperation } from "./document-store.ts";
import type { OutgoingMessage } from "./queue.ts";

/** What goes with documents that were new: further documents (all new too) and messages. */
export interface FollowUp {
  readonly documents: readonly { readonly container: ContainerName; readonly document: Document }[];
  readonly messages: readonly OutgoingMessage[];
}

/**
 * Writes documents and sends the messages that announce them, so that neither stays alone.
 * Embedded: one transaction. Azure: documents first, then messages; the sweeper sends what a crash in between left out.
 */
export interface Outbox {
  /**
   * Creates each document (any partitions) unless its id is taken, then what `followUp` makes of those created.
   * `documents` is asked for once, as late as can be, so that callers may add to them until then. `followUp` is pure.
   * Answers per document, in order.
   */
  createThenSend<D extends Document>(
    container: ContainerName,
    documents: () => readonly D[],
    followUp: (created: readonly D[]) => FollowUp,
  ): Promise<("created" | "conflict")[]>;

  /** Applies a batch in one partition (all or nothing) and, when applied, sends the messages. */
  applyThenSend(
    container: ContainerName,
    pk: string,
    operations: readonly WriteOperation[],
    messages: readonly OutgoingMessage[],
  ): Promise<BatchResult>;
}

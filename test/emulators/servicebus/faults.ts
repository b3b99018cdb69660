/** What the client wants when a fault strikes. `receive` is the opening of a receiver. */
export type Operation = "send" | "receive" | "settle" | "renew" | "schedule" | "cancel" | "peek";

/**
 * - `server-busy`: refused, as under throttling.
 * - `lock-lost`: the lock of the message concerned ends just before; for `settle` and `renew`.
 * - `drop-before`: the connection ends and nothing has happened.
 * - `drop-after`: the connection ends when all is done, so that the client never learns of it.
 */
export type FaultKind = "server-busy" | "lock-lost" | "drop-before" | "drop-after";

export interface Fault {
  readonly operation: Operation;
  readonly kind: FaultKind;
  /** Any queue if left out. */
  readonly queue?: string;
  /** How often it strikes; once if left out. */
  readonly times?: number;
}

/** Faults that wait for their operation. */
export class Faults {
  readonly #pending: { fault: Fault; left: number }[] = [];

  inject(fault: Fault): void {
    this.#pending.push({ fault, left: fault.times ?? 1 });
  }

  /** The oldest fault for this operation, which has then struck once more. */
  take(operation: Operation, queue: string): FaultKind | undefined {
    const found = this.#pending.find(({ fault }) => fault.operation === operation && (fault.queue ?? queue) === queue);
    if (!found) return undefined;
    found.left -= 1;
    if (found.left <= 0) this.#pending.splice(this.#pending.indexOf(found), 1);
    return found.fault.kind;
  }
}

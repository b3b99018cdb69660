import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * Lets only one way of settling into a turn of the event loop. The client's AMQP library (rhea 3.0.5) writes together what was settled
 * within a turn, and then gives two neighbouring messages the outcome of the first: one that is abandoned right after another was
 * completed would be completed too, and lost.
 */
export class SettlementTurns {
  #way: string | undefined;

  /** Resolves when a settlement may begin, which must happen at once; equal `way` means equal in every detail. */
  async take(way: string): Promise<void> {
    while (this.#way !== undefined && this.#way !== way) {
      await nextTurn();
    }
    if (this.#way === undefined) {
      this.#way = way;
      setImmediate(() => {
        this.#way = undefined;
      });
    }
  }
}

import type { Entry } from "./documents.ts";

/** Entries in the order of a number, cheap to add to at the end, to replace, and to read on from any place. */
export class OrderedEntries {
  #slots: { readonly position: number; entry: Entry | undefined }[] = [];
  #holes = 0;

  set(position: number, entry: Entry): void {
    const index = this.#indexAfter(position - 1);
    const slot = this.#slots[index];
    if (slot?.position !== position) this.#slots.splice(index, 0, { position, entry });
    else {
      if (!slot.entry) this.#holes -= 1;
      slot.entry = entry;
    }
  }

  delete(position: number): void {
    const slot = this.#slots[this.#indexAfter(position - 1)];
    if (slot?.position !== position || !slot.entry) return;
    slot.entry = undefined;
    this.#holes += 1;
    if (this.#holes > 32 && this.#holes * 2 > this.#slots.length) {
      this.#slots = this.#slots.filter(({ entry }) => entry);
      this.#holes = 0;
    }
  }

  /** Those beyond a position. */
  *after(position: number): Iterable<Entry> {
    const slots = this.#slots;
    for (let index = this.#indexAfter(position); index < slots.length; index++) {
      const entry = slots[index]?.entry;
      if (entry) yield entry;
    }
  }

  /** The index of the first slot beyond a position. */
  #indexAfter(position: number): number {
    let [low, high] = [0, this.#slots.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#slots[middle]!.position <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

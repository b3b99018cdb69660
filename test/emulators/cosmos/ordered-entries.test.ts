import fc from "fast-check";
import { expect, it } from "vitest";
import type { Entry } from "./documents.ts";
import { OrderedEntries } from "./ordered-entries.ts";

const entryOf = (lsn: number) => ({ lsn }) as Entry;
const position = fc.nat({ max: 150 });

it("reads on from any position in order, whatever was set and deleted before", () => {
  const step = fc.record({ position, isSet: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), position, (steps, after) => {
      const entries = new OrderedEntries();
      const model = new Set<number>();
      for (const { position: at, isSet } of steps) {
        if (isSet) {
          entries.set(at, entryOf(at));
          model.add(at);
        } else {
          entries.delete(at);
          model.delete(at);
        }
      }

      const expected = [...model].filter((at) => at > after).sort((a, b) => a - b);
      expect(Array.from(entries.after(after), ({ lsn }) => lsn)).toEqual(expected);
    }),
  );
});

it("keeps its order when most of what it had is gone", () => {
  const entries = new OrderedEntries();
  for (let n = 1; n <= 200; n++) entries.set(n, entryOf(n));
  for (let n = 1; n <= 190; n++) entries.delete(n);

  entries.set(50, entryOf(50));

  expect(Array.from(entries.after(0), ({ lsn }) => lsn)).toEqual([50, 191, 192, 193, 194, 195, 196, 197, 198, 199, 200]);
});

/** Items of one caller, waiting for the common run. */
interface Caller<Item, Result> {
  readonly items: readonly Item[];
  readonly resolve: (results: Result[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Joins calls whose keys have the same id into one run: whoever comes before the run takes its items goes along, and gets its own items' results.
 * Many small requests at once then cost as little as one large one. `run` asks for the items once, as late as it can, and answers per
 * item, in order.
 */
export function joinCallers<Key extends { readonly id: string }, Item, Result>(
  run: (key: Key, takeItems: () => readonly Item[]) => Promise<Result[]>,
): (key: Key, items: readonly Item[]) => Promise<Result[]> {
  const open = new Map<string, Caller<Item, Result>[]>();
  const runJoined = async (key: Key, callers: readonly Caller<Item, Result>[]) => {
    const close = () => {
      if (open.get(key.id) === callers) {
        open.delete(key.id);
      }
    };
    const takeItems = () => {
      close();
      return callers.length === 1 ? callers[0]!.items : callers.flatMap(({ items }) => items);
    };
    try {
      const results = await run(key, takeItems);
      let from = 0;
      for (const { items, resolve } of callers) {
        resolve(results.slice(from, from + items.length));
        from += items.length;
      }
    } catch (error) {
      for (const { reject } of callers) {
        reject(error);
      }
    } finally {
      close();
    }
  };
  return (key, items) =>
    new Promise((resolve, reject) => {
      const caller = { items, resolve, reject };
      const callers = open.get(key.id);
      if (callers === undefined) {
        const first = [caller];
        open.set(key.id, first);
        void runJoined(key, first);
      } else {
        callers.push(caller);
      }
    });
}

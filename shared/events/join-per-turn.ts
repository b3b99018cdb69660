/** Items of one caller, waiting for the common run. */
interface Caller<Item, Result> {
  readonly items: readonly Item[];
  readonly resolve: (results: Result[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Joins the calls of one turn of the event loop that have the same key into one run; each caller gets its own items' results.
 * Many small requests at once then cost as little as one large one. `run` answers per item, in order.
 */
export function joinPerTurn<Item, Result>(
  run: (key: string, items: readonly Item[]) => Promise<Result[]>,
): (key: string, items: readonly Item[]) => Promise<Result[]> {
  const waiting = new Map<string, Caller<Item, Result>[]>();
  const runJoined = async (key: string) => {
    const callers = waiting.get(key) ?? [];
    waiting.delete(key);
    try {
      const results = await run(key, callers.length === 1 ? callers[0]!.items : callers.flatMap((caller) => caller.items));
      let from = 0;
      for (const { items, resolve } of callers) {
        resolve(results.slice(from, from + items.length));
        from += items.length;
      }
    } catch (error) {
      for (const { reject } of callers) {
        reject(error);
      }
    }
  };
  return (key, items) =>
    new Promise((resolve, reject) => {
      const callers = waiting.get(key);
      if (callers === undefined) {
        waiting.set(key, [{ items, resolve, reject }]);
        setImmediate(() => void runJoined(key));
      } else {
        callers.push({ items, resolve, reject });
      }
    });
}

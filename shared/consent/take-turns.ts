/**
 * Lets tasks of one key run one after the other, in the order of their asking; those of other keys don't wait. A task that fails
 * holds up nobody.
 */
export function takeTurns(): <T>(key: string, task: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (key, task) => {
    const result = (last.get(key) ?? Promise.resolve()).then(task);
    const ended = result
      .catch(() => undefined)
      .then(() => {
        if (last.get(key) === ended) {
          last.delete(key);
        }
      });
    last.set(key, ended);
    return result;
  };
}

/** Sorted streams as one sorted stream: of each only what is given away is read, and one ahead. */
export async function* mergeSorted<T>(streams: readonly AsyncIterator<T>[], compare: (one: T, other: T) => number): AsyncGenerator<T> {
  const advance = async (stream: AsyncIterator<T>) => ({ stream, head: await stream.next() });
  const heads = await Promise.all(streams.map(advance));
  for (;;) {
    const left = heads.filter(({ head }) => head.done !== true).sort((one, other) => compare(one.head.value, other.head.value));
    const [first] = left;
    if (first === undefined) {
      return;
    }
    yield first.head.value;
    heads[heads.indexOf(first)] = await advance(first.stream);
  }
}

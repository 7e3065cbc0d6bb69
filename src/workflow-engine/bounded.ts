/**
 * Maps with at most `parallel` at the same time. When one fails no new one is begun, `stop` is aborted, and all that
 * run are awaited: nothing goes on behind the caller's back. Rejects with the first error.
 */
export async function mapBounded<T, R>(
  items: readonly T[],
  parallel: number,
  stop: (reason: unknown) => void,
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  const failure: { error?: unknown; failed: boolean } = { failed: false };
  let next = 0;
  const lane = async () => {
    while (!failure.failed && next < items.length) {
      const index = next++;
      try {
        results[index] = await map(items[index] as T);
      } catch (error) {
        if (!failure.failed) {
          failure.failed = true;
          failure.error = error;
          stop(error);
        }
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(parallel, items.length)) }, lane));
  if (failure.failed) throw failure.error;
  return results;
}

/**
 * The result of `act`, or a rejection when it has not settled in time. It is not stopped then: what it does later
 * counts for nothing here.
 */
export async function within<T>(limitMs: number, act: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([act(), late]);
  } finally {
    clearTimeout(timer);
  }
}

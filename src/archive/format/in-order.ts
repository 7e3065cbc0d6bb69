/** A condition to wait for, and a way to wake those who wait. */
class Bell {
  #waiting: (() => void)[] = [];

  ring(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/**
 * Works on several items at once and yields the results in the order of the items. At most `limit` results are being
 * made or wait to be taken; the source is read on while the consumer is busy. The first error, of the source or of the
 * work, is thrown at its place in the order. When the consumer stops early, nothing more is taken from the source; the
 * owner of a source that hangs must end it.
 */
export async function* inOrder<Item, Result>(
  source: AsyncIterable<Item>,
  work: (item: Item) => Promise<Result>,
  limit: number,
): AsyncGenerator<Result, void, undefined> {
  const results: Promise<Result>[] = [];
  const bell = new Bell();
  let ended = false;
  let stopped = false;

  const push = (result: Promise<Result>) => {
    // Whoever takes the result sees the error; if nobody does, the consumer has stopped for another reason.
    result.catch(() => undefined);
    results.push(result);
    bell.ring();
  };
  const pump = async () => {
    try {
      for await (const item of source) {
        if (stopped) return;
        push(work(item));
        while (results.length >= limit && !stopped) await bell.wait();
        if (stopped) return;
      }
    } catch (error) {
      push(Promise.reject(error));
    }
    ended = true;
    bell.ring();
  };

  void pump();
  try {
    for (;;) {
      while (results.length === 0 && !ended) await bell.wait();
      if (results.length === 0) return;
      yield await results[0]!;
      results.shift();
      bell.ring();
    }
  } finally {
    stopped = true;
    bell.ring();
  }
}

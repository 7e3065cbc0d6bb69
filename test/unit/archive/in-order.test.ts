import { describe, expect, it } from '@jest/globals';
import { inOrder } from '../../../src/archive/format/in-order.ts';

async function* count(to: number, onPull: (n: number) => void = () => {}) {
  for (let n = 0; n < to; n += 1) {
    onPull(n);
    yield n;
  }
}
const later = <T>(value: T, ms: number) => new Promise<T>((resolve) => setTimeout(() => resolve(value), ms));

describe('inOrder', () => {
  it('keeps the order and the limit while works overlap', async () => {
    let running = 0;
    let most = 0;
    const work = async (n: number) => {
      running += 1;
      most = Math.max(most, running);
      await later(0, (n * 7) % 5);
      running -= 1;
      return n;
    };
    expect(await Array.fromAsync(inOrder(count(40), work, 3))).toEqual([...Array(40).keys()]);
    expect(most).toBe(3);
  });

  it('reads on while the consumer is busy, but not beyond the limit', async () => {
    let pulled = 0;
    const results = inOrder(
      count(100, (n) => {
        pulled = n + 1;
      }),
      async (n) => n,
      4,
    );
    await results.next();
    await later(0, 10);
    expect(pulled).toBe(4);
    await results.return();
  });

  it('throws errors of the work and of the source in their place', async () => {
    const got: number[] = [];
    const failing = inOrder(
      count(10),
      async (n) => {
        if (n === 2) throw new Error('two');
        return n;
      },
      5,
    );
    await expect(
      (async () => {
        for await (const n of failing) got.push(n);
      })(),
    ).rejects.toThrow('two');
    expect(got).toEqual([0, 1]);
    async function* broken() {
      yield 1;
      throw new Error('source');
    }
    await expect(
      Array.fromAsync(inOrder(broken(), later.bind(null, 1, 5) as () => Promise<number>, 5)),
    ).rejects.toThrow('source');
  });

  it('stops taking from the source when its consumer stops', async () => {
    let pulled = 0;
    for await (const n of inOrder(
      count(1000, () => {
        pulled += 1;
      }),
      async (n) => n,
      3,
    ))
      if (n === 5) break;
    await later(0, 10);
    expect(pulled).toBeLessThan(10);
  });

  it('ends with an empty source', async () => {
    expect(await Array.fromAsync(inOrder(count(0), async (n) => n, 3))).toEqual([]);
  });
});

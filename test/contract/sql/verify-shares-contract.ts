import { expect, it } from '@jest/globals';
import type { Stores } from './stores.ts';

const PAST = '2000-01-01T00:00:00.000Z';
const FUTURE = '2999-01-01T00:00:00.000Z';

/** Who reads which share of a target back. */
export function verifySharesContract(stores: () => Stores): void {
  it('gives a share to one of all who ask, and goes on where it was left', async () => {
    const { verifyShares, elsewhere } = stores();
    const place = { target: 'safe', shares: 7, share: 3, day: 100 };
    expect(await verifyShares.began('safe', 7, 100)).toBe(100);
    expect(await elsewhere.verifyShares.began('safe', 7, 105)).toBe(100);
    const [one, other] = await Promise.all([
      verifyShares.claim(place, 'one', PAST),
      elsewhere.verifyShares.claim(place, 'other', PAST),
    ]);
    const [winner, worker] = one ? [one, 'one'] : [other, 'other'];
    expect([one, other].filter((claimed) => claimed !== undefined)).toHaveLength(1);
    const half = { ...winner!, after: 'x/y', objects: 2, bytes: 2 ** 45, bad: 1 };
    expect(await verifyShares.note(half, worker)).toBe(true);
    expect(await verifyShares.claim(place, 'third', PAST)).toBeUndefined();
    // Silent for too long.
    expect(await verifyShares.claim(place, 'third', FUTURE)).toMatchObject({
      after: 'x/y',
      objects: 2,
      bytes: 2 ** 45,
    });
    expect(await verifyShares.note(half, worker)).toBe(false);
    expect(await verifyShares.note({ ...half, done: true }, 'third')).toBe(true);
    expect(await verifyShares.claim(place, 'fourth', FUTURE)).toBeUndefined();
    expect(await verifyShares.list('safe', 7)).toMatchObject([{ share: 3, day: 100, done: true, bad: 1 }]);
    expect(await verifyShares.list('safe', 8)).toEqual([]);
    expect(await verifyShares.claim({ ...place, day: 107 }, 'fourth', PAST)).toMatchObject({ after: '', objects: 0 });
    expect(await verifyShares.all()).toHaveLength(1);
  });
}

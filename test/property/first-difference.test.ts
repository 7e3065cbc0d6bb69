import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { firstDifference } from '../../src/archive/runs/first-difference.ts';
import type { ExtentRecord } from '../../src/rbd-diff/records.ts';
import { applyRecords, data, zero } from '../unit/archive/support/streams.ts';
import { rounds, seed } from '../world/sampling.ts';

const SIZE = 64;

async function* each(records: ExtentRecord[]) {
  yield* records;
}

/** Some way to say what a disk holds: cut anywhere, zeros said as data, as zeros, or not at all. */
function said(disk: Uint8Array, cuts: number[], silence: number[]): ExtentRecord[] {
  const places = [...new Set([0, SIZE, ...cuts])].sort((one, other) => one - other);
  return places.slice(1).flatMap((end, n) => {
    const start = places[n]!;
    const bytes = disk.subarray(start, end);
    if (bytes.some((byte) => byte !== 0) || silence[n % silence.length] === 0) {
      const half = start + ((end - start) >> 1);
      const pieces = [disk.subarray(start, half), disk.subarray(half, end)];
      return [{ ...data(start, bytes), pieces } as ExtentRecord];
    }
    return silence[n % silence.length] === 1 ? [zero(start, end - start)] : [];
  });
}

it('finds the first byte in which two disks differ, however they are told', async () => {
  const disk = fc.uint8Array({ minLength: SIZE, maxLength: SIZE, max: 1 });
  const cuts = fc.array(fc.nat(SIZE), { maxLength: 12 });
  const silence = fc.array(fc.nat(2), { minLength: 1, maxLength: 6 });
  const telling = fc.tuple(cuts, silence);
  await fc.assert(
    fc.asyncProperty(disk, fc.option(fc.nat(SIZE - 1)), telling, telling, async (one, flip, how, otherHow) => {
      const other = one.slice();
      if (flip !== null) other[flip]! ^= 1;
      const [left, right] = [said(one, ...how), said(other, ...otherHow)];
      expect(applyRecords(new Uint8Array(), SIZE, left)).toEqual(one);
      expect(await firstDifference(each(left), each(right))).toBe(flip ?? undefined);
    }),
    { seed, numRuns: rounds(400) },
  );
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { byDevice, byText, inDeviceOrder } from '../../../src/domain/order.ts';

/** As Nova counts them (nova/block_device.py): a … z, aa … */
const letters = (n: number): string =>
  n < 26 ? String.fromCharCode(97 + n) : letters(Math.floor(n / 26) - 1) + letters(n % 26);

describe('devices', () => {
  test('of 60 disks come as the guest counts them, sdaa after sdz', () => {
    const names = Array.from({ length: 60 }, (_, n) => `/dev/sd${letters(n)}`);
    fc.assert(
      fc.property(fc.shuffledSubarray(names, { minLength: 60 }), (shuffled) => {
        expect(shuffled.toSorted(byDevice)).toEqual(names);
      }),
      { numRuns: 50 },
    );
  });

  test('come with or without /dev/, numbered ones by number, what is no device last', () => {
    const names = ['/dev/sda', 'sdz', '/dev/sdaa', 'vda', '/dev/vda2', 'vda10', 'vdb', '/dev/xvda', 'nvme0n1', 'sd1'];
    expect([...names, null].toReversed().toSorted(byDevice)).toEqual([...names, null]);
  });

  test('make a total order, whatever is in the record', () => {
    const name = fc.option(fc.oneof(fc.string(), fc.stringMatching(/^(\/dev\/)?[vs]d[a-z]{1,2}\d?$/)));
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        expect(Math.sign(byDevice(a, b))).toBe(-Math.sign(byDevice(b, a)) + 0);
        if (byDevice(a, b) <= 0 && byDevice(b, c) <= 0) expect(byDevice(a, c)).toBeLessThanOrEqual(0);
        expect(byDevice(a, b) === 0).toBe(a === b);
      }),
    );
  });
});

test('a server’s disks: root, volumes by device, ephemeral, swap; equal ones by id', () => {
  const disk = (id: string, kind: 'root' | 'volume' | 'ephemeral' | 'swap', device: string | null) => ({
    id,
    kind,
    device,
  });
  const ordered = [
    disk('1', 'root', '/dev/sda'),
    disk('9', 'volume', '/dev/sdb'),
    disk('8', 'volume', '/dev/sdaa'),
    disk('a', 'volume', null),
    disk('b', 'volume', null),
    disk('0', 'ephemeral', null),
    disk('0', 'swap', null),
  ];
  expect(ordered.toReversed().toSorted(inDeviceOrder)).toEqual(ordered);
});

test('texts come by their code units, not by a language', () => {
  expect(['ä', 'b', 'B', 'a', '10', '9'].toSorted(byText)).toEqual(['10', '9', 'B', 'a', 'b', 'ä']);
});

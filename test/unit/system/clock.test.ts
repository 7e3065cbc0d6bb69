import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { systemIds } from '../../../src/adapters/system/ids.ts';
import { isUuid } from '../../../src/domain/names.ts';

describe('the clock', () => {
  it('sleeps about as long as told', async () => {
    const began = systemClock.monotonic();
    await systemClock.sleep(50);
    expect(systemClock.monotonic() - began).toBeGreaterThan(45);
    await systemClock.sleep(-1);
  });

  it('wakes with the reason of the signal, and takes its listener away', async () => {
    const reason = new Error('enough');
    await expect(systemClock.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
    const stop = new AbortController();
    setTimeout(() => stop.abort(reason), 20);
    await expect(systemClock.sleep(60_000, stop.signal)).rejects.toBe(reason);
  });

  it('does not take a very long sleep for none', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('still asleep')), 30);
    await expect(systemClock.sleep(2 ** 40, stop.signal)).rejects.toThrow('still asleep');
  });
});

it('ids are UUIDs', () => {
  expect(isUuid(systemIds.uuid())).toBe(true);
});

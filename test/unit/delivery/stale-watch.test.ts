import { expect, test } from '@jest/globals';
import { StaleWatch } from '../../../src/delivery/stale-watch.ts';
import type { OpenOperation } from '../../../src/ports/stores/journal.ts';

const LEASE_MS = 60_000;
const open = (more: Partial<OpenOperation> = {}): OpenOperation => ({
  ...{ id: 'o', fence: 1, beat: 5, worker: 'w', projectId: 'p', workflow: 'create-backup/1' },
  ...{ createdAtMs: 0, lookAtMs: null },
  ...more,
});

test('an operation is for others when its worker has not beaten for a whole lease', () => {
  const watch = new StaleWatch(LEASE_MS);
  expect(watch.mayClaim(open(), 0)).toBe(false);
  watch.observe([open()], 0);
  expect([watch.mayClaim(open(), LEASE_MS - 1), watch.mayClaim(open(), LEASE_MS)]).toEqual([false, true]);
});

test.each([
  ['beaten', { beat: 6 }],
  ['taken it over', { fence: 2 }],
])('not when somebody has %s since it was looked at last', (_, since) => {
  const watch = new StaleWatch(LEASE_MS);
  watch.observe([open()], 0);
  // Read anew, and not looked at yet.
  expect(watch.mayClaim(open(since), LEASE_MS)).toBe(false);
  watch.observe([open(since)], LEASE_MS);
  expect(watch.mayClaim(open(since), 2 * LEASE_MS - 1)).toBe(false);
  expect(watch.mayClaim(open(since), 2 * LEASE_MS)).toBe(true);
});

test('one that nobody runs is for whoever comes', () => {
  expect(new StaleWatch(LEASE_MS).mayClaim(open({ worker: null }), 0)).toBe(true);
});

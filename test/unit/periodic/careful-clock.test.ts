import { expect, test } from '@jest/globals';
import { carefulClock } from '../../../src/periodic/careful-clock.ts';
import type { Clock } from '../../../src/ports/system.ts';
import { silentLog } from '../../world/silent-log.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const YEAR = 366 * 86_400_000;

/** A host whose clock is off by so much, and a database that takes so long to say what time it is. */
function host(offMs: number, answerMs = 5) {
  let passed = 0;
  const own: Clock = { now: () => NOW + passed + offMs, monotonic: () => passed, sleep: async () => undefined };
  const databaseNow = async () => {
    const theirs = NOW + passed;
    passed += answerMs;
    return theirs;
  };
  return { own, databaseNow, trueNow: () => NOW + passed };
}

test.each([
  ['a year ahead: the database’s counts', YEAR, 0],
  ['a minute ahead', 60_000, 0],
  ['as good as right: ours', 900, 900],
  ['behind: ours', -60_000, -60_000],
])('a clock %s', async (_what, offMs, off) => {
  const { own, databaseNow, trueNow } = host(offMs);
  const careful = carefulClock(own, databaseNow, silentLog);
  await careful.compare();
  expect(Math.abs(careful.clock.now() - trueNow() - off)).toBeLessThanOrEqual(5);
});

test('is not corrected by an answer that took long', async () => {
  const { own, databaseNow } = host(0, 30_000);
  const careful = carefulClock(own, databaseNow, silentLog);
  await careful.compare();
  expect(careful.clock.now()).toBe(own.now());
});

test('that jumps between two looks does not count', async () => {
  const { own: right, databaseNow } = host(0);
  let off = 0;
  const own = { ...right, now: () => right.now() + off };
  const careful = carefulClock(own, databaseNow, silentLog);
  await careful.compare();
  off = YEAR;
  expect(Math.abs(careful.clock.now() - right.now())).toBeLessThanOrEqual(5);
});

test('is ours again when it was set right', async () => {
  const wrong = host(YEAR);
  let off = YEAR;
  const own = { ...wrong.own, now: () => wrong.own.now() - YEAR + off };
  const careful = carefulClock(own, wrong.databaseNow, silentLog);
  await careful.compare();
  off = 0;
  await careful.compare();
  expect(careful.clock.now()).toBe(own.now());
});

import { expect, test } from '@jest/globals';
import { fuzzWorld } from '../../world/fuzz/fuzz-world.ts';
import { runFuzz } from '../../world/fuzz/run-fuzz.ts';

const REQUESTS = 2_000;

test('whatever is sent, no answer is a 5xx or takes longer than two seconds', async () => {
  const { listening, source, restock } = await fuzzWorld();
  const seed = Math.floor(Math.random() * 1_000_000);
  const each = (number: number): void => {
    if (number % 500 === 0) restock();
  };
  const report = await runFuzz({ host: '127.0.0.1', port: listening.port }, source, { requests: REQUESTS, seed, each });
  await listening.close(0);
  expect({ seed, bad: report.bad }).toEqual({ seed, bad: [] });
  expect(report.requests).toBe(REQUESTS);
  // it is no fuzz when nothing gets through
  expect(report.statuses['200']).toBeGreaterThan(REQUESTS / 20);
  expect(report.statuses['400']).toBeGreaterThan(REQUESTS / 20);
}, 60_000);

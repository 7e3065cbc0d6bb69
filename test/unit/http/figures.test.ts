import { expect, test } from '@jest/globals';
import { figuresOf } from '../../../src/http/documents/figures.ts';

const LIMIT_MS = 2_000;

test('figures that come late are those of before; without any it is said in time; many ask once', async () => {
  const clock = { monotonic: () => performance.now() };
  let asked = 0;
  let answer: Promise<string> = new Promise(() => {});
  const text = () => {
    asked += 1;
    return answer;
  };
  const read = () => figuresOf({ clock, metrics: { text } } as unknown as Parameters<typeof figuresOf>[0]);
  const stuck = read();
  const began = performance.now();
  const refused = await Promise.all(
    Array.from({ length: 50 }, () => stuck().catch((error: { code: string }) => error.code)),
  );
  expect(new Set(refused)).toEqual(new Set(['vm-backup.metrics.late']));
  expect(performance.now() - began).toBeLessThan(LIMIT_MS);
  expect(asked).toBe(1);
  answer = Promise.resolve('1');
  const figures = read();
  expect(await figures()).toBe('1');
  answer = new Promise(() => {});
  expect(await figures()).toBe('1');
});

import { expect } from '@jest/globals';

/** `npm run test:thorough`: every place, every call, every bit; properties ten times as often. */
export const isThorough = process.env.REWIND_TEST_THOROUGH !== undefined;

/** One for the whole run, printed when it begins; REWIND_TEST_SEED repeats it. */
export const seed = Number(process.env.REWIND_TEST_SEED ?? 1);

/** How often a property is tried. */
export const rounds = (usually: number, thorough = 10 * usually): number => (isThorough ? thorough : usually);

/**
 * The places that a test tries of all there are: the first, the last and some drawn by the seed and the test's name; all
 * of them in a thorough run. In their order.
 */
export function sampled<T>(all: readonly T[], most = 10): T[] {
  if (isThorough || all.length <= most) return [...all];
  const random = randomOf(`${seed} ${expect.getState().currentTestName}`);
  const taken = new Set([0, all.length - 1]);
  while (taken.size < most) taken.add(Math.floor(random() * all.length));
  return all.filter((_, n) => taken.has(n));
}

/** `1` to `last`, sampled. */
export const sampledCalls = (last: number, most?: number): number[] =>
  sampled(
    Array.from({ length: last }, (_, n) => n + 1),
    most,
  );

/** The same numbers in [0, 1) for the same text. */
function randomOf(text: string): () => number {
  let state = 2166136261;
  for (const char of text) state = Math.imul(state ^ char.charCodeAt(0), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

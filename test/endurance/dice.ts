/** Chance that can be thrown again: the same seed gives the same throws. */
export interface Dice {
  /** A whole number from 0 to `below` - 1. */
  roll(below: number): number;
  /** True once in `of` throws. */
  onceIn(of: number): boolean;
  pick<T>(things: readonly T[]): T;
  /** One of these, each as often as its weight says. */
  weighed<T extends { weight: number }>(things: readonly T[]): T;
}

const UINT32 = 2 ** 32;

/** mulberry32, seeded by a hash (FNV-1a) of the words. */
export function diceOf(seed: string): Dice {
  let state = 0x811c9dc5;
  for (const character of seed) state = Math.imul(state ^ character.charCodeAt(0), 0x01000193) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / UINT32;
  };
  const roll = (below: number): number => Math.floor(next() * below);
  return {
    roll,
    onceIn: (of) => roll(of) === 0,
    pick<T>(things: readonly T[]): T {
      if (things.length === 0) throw new Error('nothing to pick from');
      return things[roll(things.length)] as T;
    },
    weighed(things) {
      let left = roll(things.reduce((sum, { weight }) => sum + weight, 0));
      for (const thing of things) {
        left -= thing.weight;
        if (left < 0) return thing;
      }
      throw new Error('nothing to pick from');
    },
  };
}

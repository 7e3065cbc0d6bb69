import type { Hold } from '../../src/domain/holds.ts';

/** Held so that nobody else may. */
export const kept = (...things: string[]): Hold[] => things.map((thing) => ({ thing, exclusive: true }));

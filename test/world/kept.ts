import type { Hold } from '../../src/domain/operations/holds.ts';

/** Held so that nobody else may. */
export const kept = (...things: string[]): Hold[] => things.map((thing) => ({ thing, exclusive: true }));

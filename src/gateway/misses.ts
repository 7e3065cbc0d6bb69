import { BoundedMap } from '../domain/bounded-map.ts';
import { MAX_MISSES, MISSES_MS } from './gateway-limits.ts';

/** Addresses of clients that are remembered; beyond this number the oldest are forgotten. */
const MAX_REMEMBERED = 10_000;

/**
 * Counts how often each client asked for addresses that do not exist: only a limited number of its guesses reach the
 * database.
 */
export class Misses {
  readonly #since = new BoundedMap<string, { count: number; from: number }>(MAX_REMEMBERED);
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  tooMany(client: string): boolean {
    const seen = this.#since.get(client);
    return seen !== undefined && seen.count >= MAX_MISSES && this.#now() - seen.from < MISSES_MS;
  }

  add(client: string): void {
    const seen = this.#since.get(client);
    const now = this.#now();
    if (seen && now - seen.from < MISSES_MS) {
      seen.count += 1;
      return;
    }
    this.#since.set(client, { count: 1, from: now });
  }
}

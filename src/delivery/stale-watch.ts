import type { OpenOperation } from '../ports/stores/journal.ts';

interface Seen {
  fence: number;
  beat: number;
  sinceMs: number;
  enqueuedMs: number;
}

/**
 * Remembers when each open operation last moved, by this process's monotonic clock. An operation that nobody runs is
 * free at once; one whose worker has not beaten for a whole lease is stale: its worker is dead or cut off.
 */
export class StaleWatch {
  readonly #leaseMs: number;
  readonly #seen = new Map<string, Seen>();

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  /** Takes in the database's present state. */
  observe(open: readonly OpenOperation[], nowMs: number): void {
    const ids = new Set(open.map((one) => one.id));
    for (const id of this.#seen.keys()) if (!ids.has(id)) this.#seen.delete(id);
    for (const { id, fence, beat } of open) {
      const before = this.#seen.get(id);
      if (before?.fence === fence && before.beat === beat) continue;
      this.#seen.set(id, { fence, beat, sinceMs: nowMs, enqueuedMs: Number.NEGATIVE_INFINITY });
    }
  }

  mayClaim(one: OpenOperation, nowMs: number): boolean {
    if (one.worker === null) return true;
    const seen = this.#seen.get(one.id);
    return seen?.fence === one.fence && seen.beat === one.beat && nowMs - seen.sinceMs >= this.#leaseMs;
  }

  /** True at most once a lease for the same state: then the delivery may have been lost in Redis and is due again. */
  isDue(one: OpenOperation, nowMs: number, patienceMs: number): boolean {
    const seen = this.#seen.get(one.id);
    if (!seen || nowMs - seen.sinceMs < (one.worker === null ? patienceMs : this.#leaseMs)) return false;
    if (nowMs - seen.enqueuedMs < this.#leaseMs) return false;
    seen.enqueuedMs = nowMs;
    return true;
  }
}

import type { Journal, OpenOperation } from '../ports/stores/journal.ts';
import type { Clock } from '../ports/system.ts';

/** Of a worker's time at most this part goes into reading what is open. */
const PART_OF_TIME = 1 / 20;

/**
 * The open operations as this worker read them last. All its slots share them: with thousands that wait, reading them
 * for each delivery would be most of what a worker does. So they may be a little old, the older the more there are; who
 * claims one learns from the database whether it still is as it was seen.
 */
export class KnownOperations {
  readonly #journal: Pick<Journal, 'openOperation' | 'openOperations'>;
  readonly #clock: Clock;
  #known = new Map<string, OpenOperation>();
  #reading: Promise<void> | undefined;
  #goodUntilMs = Number.NEGATIVE_INFINITY;

  constructor(journal: Pick<Journal, 'openOperation' | 'openOperations'>, clock: Clock) {
    this.#journal = journal;
    this.#clock = clock;
  }

  /** In the order in which they were recorded; those that were delivered and are newer come behind. */
  get all(): OpenOperation[] {
    return [...this.#known.values()];
  }

  /** Reads all of them. */
  async read(): Promise<void> {
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  /** Reads all of them when what is known is too old. */
  async refresh(): Promise<void> {
    if (this.#clock.monotonic() >= this.#goodUntilMs) await this.read();
  }

  /** This one is known afterwards, if it is open. */
  async learn(id: string): Promise<void> {
    if (this.#known.has(id)) return;
    const one = await this.#journal.openOperation(id);
    if (one) this.#known.set(id, one);
  }

  /** What was claimed is no longer as it was seen. */
  forget(id: string): void {
    this.#known.delete(id);
  }

  async #readAll(): Promise<void> {
    const beganMs = this.#clock.monotonic();
    const open = await this.#journal.openOperations();
    const endedMs = this.#clock.monotonic();
    this.#known = new Map(open.map((one) => [one.id, one]));
    this.#goodUntilMs = endedMs + (endedMs - beganMs) / PART_OF_TIME;
  }
}

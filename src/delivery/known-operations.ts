import type { Journal, OpenOperation } from '../ports/stores/journal.ts';
import type { Clock } from '../ports/system.ts';

/** Reading the open operations may take at most this part of a worker's time. */
const PART_OF_TIME = 1 / 20;

/**
 * The open operations as this worker last read them. All its slots share them: with thousands of waiting operations,
 * reading them for each delivery would be most of a worker's work. So they may be a little old, the older the more
 * there are; a claim learns from the database whether the operation is still as it was seen.
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

  /** In the order in which they were recorded; newer ones that were delivered come last. */
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

  /** Reads all of them when the known ones are too old. */
  async refresh(): Promise<void> {
    if (this.#clock.monotonic() >= this.#goodUntilMs) await this.read();
  }

  /** Makes this operation known, if it is open. */
  async learn(id: string): Promise<void> {
    if (this.#known.has(id)) return;
    const one = await this.#journal.openOperation(id);
    if (one) this.#known.set(id, one);
  }

  /** An operation that was claimed is no longer as it was seen. */
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

import { hasCode, RewindError } from '../domain/errors.ts';
import type { Journal } from '../ports/stores/journal.ts';
import type { Clock, Log } from '../ports/system.ts';
import type { Progress } from './progress.ts';
import { LetGo } from './signals.ts';

const BEATS_PER_LEASE = 4;
/**
 * While the last beat is younger than this part of a lease, the lease counts as proved: nobody can have taken the
 * operation over yet.
 */
const TRUST_FRACTION = 0.5;

export interface LeaseSettings {
  operationId: string;
  fence: number;
  leaseMs: number;
  /** Aborted at shutdown. */
  shutdown: AbortSignal;
  deadline: { readonly atMs: number };
  /** Called a few times in a lease, whether the database answers or not. */
  onBeat?: () => void;
}

/**
 * Holds an operation for this worker. A successor takes over when the beat has not moved for a whole lease on its own
 * monotonic clock, so no two clocks are ever compared. A lease that could not be renewed for that long is given up by
 * its holder.
 */
export class Lease {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #settings: LeaseSettings;
  readonly #progress: Progress;
  readonly #lost = new AbortController();
  readonly #cancelled = new AbortController();
  #lastBeat: number;
  #stopped = false;
  #loop: Promise<void> | undefined;

  constructor(journal: Journal, clock: Clock, log: Log, progress: Progress, settings: LeaseSettings) {
    this.#journal = journal;
    this.#clock = clock;
    this.#log = log;
    this.#progress = progress;
    this.#settings = settings;
    this.#lastBeat = clock.monotonic();
    const onShutdown = () => this.#lost.abort(new LetGo('shutdown'));
    if (settings.shutdown.aborted) onShutdown();
    else settings.shutdown.addEventListener('abort', onShutdown, { once: true });
  }

  /** Aborted with a LetGo: taken over, shut down, or unable to beat. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Aborted with `operation.cancelled` when the tenant asked for it. */
  get cancelled(): AbortSignal {
    return this.#cancelled.signal;
  }

  start(): void {
    this.#loop = this.#beatUntilStopped();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#lost.abort(new LetGo('shutdown'));
    await this.#loop;
  }

  /** Resolves when this worker certainly still holds the operation; otherwise rejects with LetGo. */
  async prove(): Promise<void> {
    this.#lost.signal.throwIfAborted();
    if (this.#clock.monotonic() - this.#lastBeat < this.#settings.leaseMs * TRUST_FRACTION) return;
    await this.beat();
  }

  /** Proves the lease in the database, whatever its age. */
  async beat(): Promise<void> {
    const { operationId, fence, leaseMs } = this.#settings;
    const began = this.#clock.monotonic();
    try {
      const answer = await this.#journal.beat(operationId, fence, {
        ...this.#progress.snapshot(),
        deadlineAt: new Date(this.#settings.deadline.atMs).toISOString(),
      });
      this.#lastBeat = began;
      if (answer.cancelRequested && !this.#cancelled.signal.aborted) {
        this.#cancelled.abort(new RewindError('operation.cancelled', 'The operation was cancelled.'));
      }
    } catch (error) {
      if (hasCode(error, 'workflow.fenced')) this.#lost.abort(new LetGo('taken-over'));
      else if (this.#clock.monotonic() - this.#lastBeat > leaseMs) this.#lost.abort(new LetGo('lease-lost'));
      this.#lost.signal.throwIfAborted();
      throw error;
    }
  }

  async #beatUntilStopped(): Promise<void> {
    while (!this.#stopped && !this.#lost.signal.aborted) {
      try {
        await this.#clock.sleep(this.#settings.leaseMs / BEATS_PER_LEASE, this.#lost.signal);
        this.#settings.onBeat?.();
        await this.beat();
      } catch (error) {
        if (!this.#lost.signal.aborted) this.#log.warn('lease not renewed, trying again', { err: error });
      }
    }
  }
}

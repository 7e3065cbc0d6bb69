import type { Operation } from '../domain/operations/operation.ts';
import type { Clock } from '../ports/system.ts';
import type { Progress } from './progress.ts';

/**
 * Number of claims in which moving bytes count as progress: an operation that kills its worker each time must not live
 * on them for ever.
 */
const MOST_CLAIMS = 100;

/** The time at which an operation before its point of no return fails: so long after something last moved. */
export class Deadline {
  readonly #clock: Clock;
  readonly #progress: Progress;
  readonly #deadlineMs: number;
  readonly #counts: boolean;
  #atMs: number;
  #moves: number;

  constructor(operation: Operation, fence: number, { clock, progress, deadlineMs }: DeadlineParts) {
    this.#clock = clock;
    this.#progress = progress;
    this.#deadlineMs = deadlineMs;
    this.#counts = fence <= MOST_CLAIMS;
    this.#atMs = Date.parse(operation.deadline_at);
    this.#moves = progress.moves;
  }

  /** Milliseconds since 1970. Never earlier than before. */
  get atMs(): number {
    if (this.#counts && this.#progress.moves !== this.#moves) {
      this.#moves = this.#progress.moves;
      this.#atMs = Math.max(this.#atMs, this.#clock.now() + this.#deadlineMs);
    }
    return this.#atMs;
  }

  get isOver(): boolean {
    return this.#clock.now() >= this.atMs;
  }
}

interface DeadlineParts {
  clock: Clock;
  progress: Progress;
  deadlineMs: number;
}

import type { ProgressSink } from './step.ts';

const ALMOST = 99;

/** Counts bytes where bytes are moved, and steps elsewhere; 100 only when the operation has ended well. */
export class Progress implements ProgressSink {
  #bytesDone: number;
  #bytesTotal: number;
  #percent: number;
  #stepsDone = 0;
  #moves = 0;
  readonly #stepsExpected: number;

  constructor(stepsExpected: number, before: { bytesDone: number; bytesTotal: number; percent: number }) {
    this.#stepsExpected = Math.max(1, stepsExpected);
    this.#bytesDone = before.bytesDone;
    this.#bytesTotal = before.bytesTotal;
    this.#percent = before.percent;
  }

  total(bytes: number): void {
    this.#bytesTotal = bytes;
  }

  add(bytes: number): void {
    this.#bytesDone += bytes;
    this.#moves += 1;
  }

  /** An attempt failed: it will move these bytes again. */
  takeBack(bytes: number): void {
    this.#bytesDone -= bytes;
  }

  stepDone(): void {
    this.#stepsDone += 1;
    this.#moves += 1;
  }

  /** Rises with everything that is done: while it rises, nothing is stalled. */
  get moves(): number {
    return this.#moves;
  }

  snapshot(): { bytesDone: number; bytesTotal: number; percent: number } {
    const bytesDone = this.#bytesTotal > 0 ? Math.min(this.#bytesDone, this.#bytesTotal) : this.#bytesDone;
    const share = this.#bytesTotal > 0 ? bytesDone / this.#bytesTotal : this.#stepsDone / this.#stepsExpected;
    this.#percent = Math.max(this.#percent, Math.min(ALMOST, Math.floor(share * 100)));
    return { bytesDone, bytesTotal: this.#bytesTotal, percent: this.#percent };
  }
}

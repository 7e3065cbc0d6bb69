/** Calls `onStall` once when nothing has moved for the limit while the watch is armed. */
export class StallWatch {
  readonly #onStall: () => void;
  #limitMs: number;
  #armed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(limitMs: number, onStall: () => void) {
    this.#limitMs = limitMs;
    this.#onStall = onStall;
  }

  /** From now on something must move. */
  arm(): void {
    this.#armed = true;
    this.touch();
  }

  /** We are no longer waiting for the other side. */
  disarm(): void {
    this.#armed = false;
    clearTimeout(this.#timer);
  }

  /** Something moved. */
  touch(): void {
    if (!this.#armed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onStall, this.#limitMs);
  }

  /** From now on the limit is longer. */
  allow(limitMs: number): void {
    this.#limitMs = Math.max(this.#limitMs, limitMs);
    this.touch();
  }
}

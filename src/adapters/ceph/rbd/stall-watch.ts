/** Calls `onStall` once when, while armed, nothing has moved for the limit. */
export class StallWatch {
  readonly #onStall: () => void;
  #limitMs: number;
  #armed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(limitMs: number, onStall: () => void) {
    this.#limitMs = limitMs;
    this.#onStall = onStall;
  }

  /** From now on something has to move. */
  arm(): void {
    this.#armed = true;
    this.touch();
  }

  /** It is not the other side that we wait for. */
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

  /** Allows more from now on. */
  allow(limitMs: number): void {
    this.#limitMs = Math.max(this.#limitMs, limitMs);
    this.touch();
  }
}

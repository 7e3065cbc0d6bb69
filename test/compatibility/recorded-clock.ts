import type { Clock } from '../../src/ports/system.ts';

/** A clock whose sleeps take no time, from an instant on. */
export class RecordedClock implements Clock {
  #nowMs: number;

  constructor(from: string) {
    this.#nowMs = Date.parse(from);
  }

  now = (): number => this.#nowMs;
  monotonic = (): number => this.#nowMs;

  pass(ms: number): void {
    this.#nowMs += ms;
  }

  sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted();
    this.pass(Math.min(ms, 1000));
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  };
}

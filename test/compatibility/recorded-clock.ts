import type { Clock } from '../../src/ports/system.ts';

/** Nobody but a lease sleeps so long: it is not to beat at every turn of the loop. */
const LONG_MS = 3_600_000;
const TURNS = 20;

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
    for (let turn = ms > LONG_MS ? TURNS : 1; turn > 0; turn -= 1) {
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    }
    this.pass(Math.min(ms, 1000));
  };
}

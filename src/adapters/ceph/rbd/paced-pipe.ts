import type { Writable } from 'node:stream';
import { giveBack } from '../../../domain/give-back.ts';
import type { StallWatch } from './stall-watch.ts';

/** Bytes handed to the pipe that its reader has not taken yet: enough that neither side waits for the other. */
const MOST_BYTES_UNDERWAY = 4 * 2 ** 20;

/** Writes with backpressure. The watch is armed while the reader has to take bytes. */
export class PacedPipe {
  readonly #pipe: Writable;
  readonly #watch: StallWatch;
  #underway = 0;
  #broken = false;
  #wake: (() => void) | undefined;

  constructor(pipe: Writable, watch: StallWatch) {
    this.#pipe = pipe;
    this.#watch = watch;
  }

  /** Takes `bytes` and their memory over. Resolves when there is room for more; false: the pipe is broken. */
  async write(bytes: Uint8Array): Promise<boolean> {
    if (this.#underway === 0) this.#watch.arm();
    const { length } = bytes;
    this.#underway += length;
    this.#pipe.write(bytes, (error) => {
      // The operating system has copied them. A part of a larger buffer is left alone.
      if (!error && length === bytes.buffer.byteLength) giveBack(bytes);
      this.#taken(length, error);
    });
    await this.#until(() => this.#underway <= MOST_BYTES_UNDERWAY);
    return !this.#broken;
  }

  /** Resolves when the reader has taken everything; false: it has not, and never will. */
  async end(): Promise<boolean> {
    await this.#until(() => this.#underway === 0);
    this.#pipe.end();
    return !this.#broken;
  }

  #taken(length: number, error: Error | null | undefined): void {
    this.#underway -= length;
    if (error) this.#broken = true;
    if (this.#underway === 0) this.#watch.disarm();
    else this.#watch.touch();
    this.#wake?.();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!this.#broken && !condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

import { RewindError } from '../../src/domain/errors.ts';
import type { Target } from '../../src/ports/target.ts';

export type Failure =
  /** This one call fails, and nothing of it is done. */
  | 'once'
  /** It is done, and the answer is lost. */
  | 'unheard'
  /** This call and the next ones. Not for ever: past its point of no return an operation waits for the target. */
  | 'for-a-while';

export const FAILURES: readonly Failure[] = ['once', 'unheard', 'for-a-while'];

const LENGTH: Readonly<Record<Failure, number>> = { once: 1, unheard: 1, 'for-a-while': 60 };

/** Counts the calls of one or more targets, and fails where it is told. */
export class CallsThatFail {
  calls: string[] = [];
  readonly #nth: number;
  readonly #how: Failure;

  /** `nth` from 1; 0: none fails. */
  constructor(nth: number, how: Failure) {
    this.#nth = nth;
    this.#how = how;
  }

  get fired(): boolean {
    return this.#nth > 0 && this.calls.length >= this.#nth;
  }

  of(target: Target): Target {
    const call = async <R>(what: string, act: () => Promise<R>): Promise<R> => {
      this.calls.push(what);
      const at = this.calls.length;
      const hit = this.#nth > 0 && at >= this.#nth && at < this.#nth + LENGTH[this.#how];
      if (!hit) return act();
      if (this.#how === 'unheard') await act();
      // Not one to wait out: the operation must cope with it.
      throw new RewindError('target.unavailable', 'The target does not answer.', { retry: false });
    };
    return {
      name: target.name,
      put: (name, data, signal) => call(`put ${name}`, () => target.put(name, data, signal)),
      size: (name) => call(`size ${name}`, () => target.size(name)),
      read: (name, offset, length) => call(`read ${name}`, () => target.read(name, offset, length)),
      list: (prefix) => this.#list(target, prefix, call),
      remove: (name) => call(`remove ${name}`, () => target.remove(name)),
      sweepTemporary: (ms) => call('sweep', () => target.sweepTemporary(ms)),
      probe: () => call('probe', () => target.probe()),
      space: () => call('space', () => target.space()),
    };
  }

  /** Each entry is a call: a listing may break off anywhere. */
  async *#list(target: Target, prefix: string, call: <R>(what: string, act: () => Promise<R>) => Promise<R>) {
    const names = target.list(prefix)[Symbol.asyncIterator]();
    for (;;) {
      const next = await call(`list ${prefix}`, () => names.next());
      if (next.done) return;
      yield next.value;
    }
  }
}

import { asRewindError } from '../domain/errors.ts';
import type { Output } from './command-line/output.ts';

const TELL_EVERY = 10_000;

/** Counts the results for many items and prints them one by one. On stderr: stdout may be the export itself. */
export class Tally {
  readonly #verb: string;
  #done = 0;
  #known = 0;
  #refused = 0;

  constructor(verb: string) {
    this.#verb = verb;
  }

  /** `act` resolves to whether the item was new. */
  async count(what: string, act: () => Promise<boolean>): Promise<void> {
    const fresh = await this.refusing(what, act);
    if (fresh !== undefined) this.add(fresh ? 1 : 0, fresh ? 0 : 1);
  }

  /** Undefined: the item was refused, and that was printed. */
  async refusing<Result>(what: string, act: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await act();
    } catch (error) {
      this.#refused += 1;
      const { code, message } = asRewindError(error);
      process.stderr.write(`refused  ${what}: ${message} [${code}]\n`);
      return undefined;
    }
  }

  /** Prints a line now and then: a very large number takes minutes. */
  add(done: number, known: number): void {
    const before = this.#done + this.#known;
    this.#done += done;
    this.#known += known;
    const after = this.#done + this.#known;
    if (Math.floor(before / TELL_EVERY) < Math.floor(after / TELL_EVERY)) process.stderr.write(`${after} so far\n`);
  }

  /** Like `say`, and for programs too. */
  report(out: Output): boolean {
    if (out.json) out.row({ [this.#verb]: this.#done, known: this.#known, refused: this.#refused }, '');
    return this.say();
  }

  say(): boolean {
    const known = this.#known > 0 ? `, ${this.#known} were there` : '';
    process.stderr.write(`${this.#verb} ${this.#done}${known}, refused ${this.#refused}\n`);
    return this.#refused === 0;
  }
}

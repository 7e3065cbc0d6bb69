import { asRewindError } from '../domain/errors.ts';
import type { Output } from './command-line/output.ts';

const TELL_EVERY = 10_000;

/** What became of many, one by one. On stderr: stdout may be the export itself. */
export class Tally {
  readonly #verb: string;
  #done = 0;
  #known = 0;
  #refused = 0;

  constructor(verb: string) {
    this.#verb = verb;
  }

  /** `act` says whether it was new. */
  async count(what: string, act: () => Promise<boolean>): Promise<void> {
    const fresh = await this.refusing(what, act);
    if (fresh !== undefined) this.add(fresh ? 1 : 0, fresh ? 0 : 1);
  }

  /** Undefined: it was refused, and said so. */
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

  /** A line now and then: very many take minutes. */
  add(done: number, known: number): void {
    const before = this.#done + this.#known;
    this.#done += done;
    this.#known += known;
    const after = this.#done + this.#known;
    if (Math.floor(before / TELL_EVERY) < Math.floor(after / TELL_EVERY)) process.stderr.write(`${after} so far\n`);
  }

  /** As `say`, and for programs. */
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

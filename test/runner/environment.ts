import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import process from 'node:process';
import { budgetOf } from './budget.ts';
import { type Before, before, leftOpen, putBack } from './leftovers.ts';

/**
 * Where test files run: in the process itself, one after the other. A file must leave no handle open (but on the
 * lab) and, in the quick part (REWIND_TEST_BUDGET), keep its budget of processor time. REWIND_TEST_TIMES names a file that gets a line for each: seconds
 * of processor, path.
 */
export default class Environment {
  readonly global = globalThis;
  readonly #path: string;
  readonly #before: Before;
  readonly #began = process.cpuUsage();

  constructor(_config: unknown, context: { testPath: string }) {
    this.#path = context.testPath;
    this.#before = before();
  }

  getVmContext(): null {
    return null;
  }

  async setup(): Promise<void> {}

  /** Told by Jest Circus. What is wrong with the file as a whole is said beside the results of its tests. */
  async handleTestEvent(
    { name }: { name: string },
    { unhandledErrors }: { unhandledErrors: unknown[] },
  ): Promise<void> {
    if (name !== 'run_finish') return;
    const open = process.env.REWIND_LAB ? [] : await leftOpen(this.#before);
    if (open.length > 0) unhandledErrors.push(wrong(`leaves open: ${open.join(', ')}`));
    const { user, system } = process.cpuUsage(this.#began);
    const seconds = (user + system) / 1e6;
    const times = process.env.REWIND_TEST_TIMES;
    if (times) appendFileSync(times, `${seconds.toFixed(2)} ${relative(process.cwd(), this.#path)}\n`);
    const budget = budgetOf(this.#path);
    if (seconds > budget) {
      unhandledErrors.push(
        wrong(`used ${seconds.toFixed(1)} s of processor, its budget is ${budget} s (test/runner/budget.ts)`),
      );
    }
  }

  async teardown(): Promise<void> {
    putBack(this.#before);
  }
}

function wrong(text: string): [Error, Error] {
  const error = new Error(text);
  error.stack = text;
  return [error, error];
}

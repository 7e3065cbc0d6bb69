import type { Output } from './output.ts';

/** What a command was given. */
export interface Given {
  /** Values of `--name VALUE`. */
  values: ReadonlyMap<string, string>;
  /** Names of the flags, `--name`. */
  flags: ReadonlySet<string>;
  /** The other arguments, in order, a lone `-` among them; as many as the command names. */
  words: readonly string[];
  out: Output;
}

export interface Option {
  /** Placeholder for its value in the help; absent: it is a flag. */
  value?: string;
  help: string;
}

/** One command of an operator: its name, its arguments, and what it does. */
export interface Command<Parts> {
  /** One word, or two: `keys list`. */
  name: string;
  summary: string;
  /** Its words, as the help shows them; one in brackets is optional: `[FILE]`. */
  words?: readonly string[];
  options?: Readonly<Record<string, Option>>;
  /** Help beyond the summary. */
  details?: string;
  /** Present: what it writes to stdout is not for people, and there is no `--json`. */
  raw?: true;
  /** False: it could not do everything that it was asked to. Rejects with errors that a person can read. */
  run(parts: Parts, given: Given): Promise<boolean>;
}

/** Exit codes of Rewind's programs. */
export const EXIT = {
  done: 0,
  failed: 1,
  /** The arguments were not understood: nothing was begun. */
  usage: 2,
} as const;

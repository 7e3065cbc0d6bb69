import type { Output } from './output.ts';

/** What a command was given. */
export interface Given {
  /** Of `--name VALUE`. */
  values: ReadonlyMap<string, string>;
  /** Of `--name`. */
  flags: ReadonlySet<string>;
  /** The others, in order, a lone `-` among them; as many as the command names. */
  words: readonly string[];
  out: Output;
}

export interface Option {
  /** What stands for its value in the help; absent: it is a flag. */
  value?: string;
  help: string;
}

/** One command of an operator: what it is called, what it takes, what it does. */
export interface Command<Parts> {
  /** One word, or two: `keys list`. */
  name: string;
  summary: string;
  /** Its words, as the help shows them; one in brackets may be missing: `[FILE]`. */
  words?: readonly string[];
  options?: Readonly<Record<string, Option>>;
  /** More than the summary says. */
  details?: string;
  /** What it writes to stdout is not for reading: there is no `--json`. */
  raw?: true;
  /** False: it could not do all of what it was told. Rejects with what a person can read. */
  run(parts: Parts, given: Given): Promise<boolean>;
}

/** How a program of ours ends. */
export const EXIT = {
  done: 0,
  failed: 1,
  /** The arguments were not understood: nothing was begun. */
  usage: 2,
} as const;

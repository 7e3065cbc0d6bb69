import { parseArgs } from 'node:util';
import { RewindError } from '../domain/errors.ts';

export interface Arguments {
  /** Of `--name value`. */
  options: Map<string, string>;
  /** The others, a lone `-` among them. */
  words: string[];
}

/** `known`: names of options, without `--`. @throws RewindError `admin.usage`, with the usage as its hint */
export function readArguments(args: readonly string[], known: readonly string[], usage: string): Arguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: Object.fromEntries(known.map((name) => [name, { type: 'string' as const }])),
      allowPositionals: true,
    });
    const options = Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    return { options: new Map(options), words: positionals };
  } catch {
    throw new RewindError('admin.usage', 'These arguments are not understood.', { hint: usage });
  }
}

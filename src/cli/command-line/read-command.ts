import { parseArgs } from 'node:util';
import type { Command } from './command.ts';
import { helpOf, optionsOf, overview } from './help.ts';

type AnyCommand = Command<never>;

/** What the arguments ask for. `refused`: they were not understood; the text says why, and shows the right form. */
export type Reading<C> =
  | {
      kind: 'run';
      command: C;
      values: ReadonlyMap<string, string>;
      flags: ReadonlySet<string>;
      words: readonly string[];
    }
  | { kind: 'help'; text: string }
  | { kind: 'refused'; text: string };

/** Finds the requested command and reads its arguments. Unknown arguments are refused, never ignored. */
export function readCommand<C extends AnyCommand>(
  program: string,
  commands: readonly C[],
  args: readonly string[],
): Reading<C> {
  const [first, second] = args;
  const text = overview(program, commands);
  if (first === undefined) return { kind: 'refused', text };
  if (first === '--help' || first === '-h' || (first === 'help' && second === undefined)) return { kind: 'help', text };
  if (first === 'help') return readCommand(program, commands, [...args.slice(1), '--help']);
  const command =
    commands.find(({ name }) => name === `${first} ${second}`) ?? commands.find(({ name }) => name === first);
  if (command) return readArguments(program, command, args.slice(command.name.split(' ').length));
  const below = commands.filter(({ name }) => name.startsWith(`${first} `));
  if (below.length === 0) return { kind: 'refused', text: `There is no command ${first}.\n${text}` };
  const asked = second === '--help' || second === '-h';
  return { kind: asked ? 'help' : 'refused', text: overview(program, below) };
}

function readArguments<C extends AnyCommand>(program: string, command: C, args: readonly string[]): Reading<C> {
  const options = optionsOf(command);
  const text = helpOf(program, command);
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: Object.fromEntries(
        Object.entries(options).map(([name, { value }]) => [
          name,
          {
            type: value === undefined ? ('boolean' as const) : ('string' as const),
            ...(name === 'help' ? { short: 'h' } : {}),
          },
        ]),
      ),
      allowPositionals: true,
    });
    if (values.help) return { kind: 'help', text };
    const wanted = command.words ?? [];
    const least = wanted.filter((word) => !word.startsWith('[')).length;
    if (positionals.length < least || positionals.length > wanted.length) {
      const what =
        positionals.length < least
          ? `${wanted[positionals.length]} is missing.`
          : `${positionals[wanted.length]} is too much.`;
      return { kind: 'refused', text: `${what}\n${text}` };
    }
    const given = Object.entries(values);
    return {
      kind: 'run',
      command,
      values: new Map(given.filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
      flags: new Set(given.filter(([, value]) => value === true).map(([name]) => name)),
      words: positionals,
    };
  } catch (error) {
    return { kind: 'refused', text: `${unknownOption(error)}\n${text}` };
  }
}

/** Node's message also explains what to do about an argument that begins with a dash, which is more than is needed. */
const unknownOption = (error: unknown): string =>
  `${(error as { message?: string }).message?.split('. ')[0]?.replace(/\.$/, '') ?? 'These arguments are not understood'}.`;

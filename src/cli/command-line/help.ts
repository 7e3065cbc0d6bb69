import type { Command, Option } from './command.ts';

type AnyCommand = Command<never>;

const COLUMN = 34;
const HELP: Option = { help: 'shows this' };
const JSON_OPTION: Option = { help: 'one JSON array instead of lines for people' };

/** The command's own options, and those that all commands have. */
export const optionsOf = (command: AnyCommand): Record<string, Option> => ({
  ...command.options,
  ...(command.raw ? {} : { json: JSON_OPTION }),
  help: HELP,
});

/** One line for each command. */
export function overview(program: string, commands: readonly AnyCommand[]): string {
  const lines = commands.map((command) => inColumns(callOf(command), command.summary));
  return [`usage: ${program} COMMAND …`, '', ...lines, '', `${program} help COMMAND tells all about one.`, ''].join(
    '\n',
  );
}

/** The full help of one command. */
export function helpOf(program: string, command: AnyCommand): string {
  const lines = Object.entries(optionsOf(command)).map(([name, option]) =>
    inColumns(optionText(name, option), option.help),
  );
  const details = command.details ? [command.details, ''] : [];
  return [`usage: ${program} ${callOf(command)} [OPTION …]`, '', command.summary, '', ...details, ...lines, ''].join(
    '\n',
  );
}

const callOf = ({ name, words = [] }: AnyCommand): string => [name, ...words].join(' ');

const optionText = (name: string, { value }: Option): string =>
  value === undefined ? `--${name}` : `--${name} ${value}`;

const inColumns = (left: string, right: string): string =>
  left.length < COLUMN - 2 ? `  ${left.padEnd(COLUMN - 2)}${right}` : `  ${left}\n${' '.repeat(COLUMN)}${right}`;

import { expect, test } from '@jest/globals';
import { ADMIN_COMMANDS } from '../../../src/cli/admin.ts';
import { readCommand } from '../../../src/cli/command-line/read-command.ts';

const read = (line: string) => readCommand('rewind admin', ADMIN_COMMANDS, line.split(' '));
/** Their output is a file of its own format, or none. */
const RAW = ['export', 'restore'];

test.each(ADMIN_COMMANDS.map((command) => [command.name, command] as const))(
  '%s tells of itself, lists as JSON, and refuses what it does not know',
  (name, command) => {
    const words = (command.words ?? []).map((_, place) => `w${place}`);
    const call = [name, ...words].join(' ');
    for (const line of [`${name} --help`, `${call} -h`, `help ${name}`])
      expect(read(line)).toMatchObject({ kind: 'help', text: expect.stringContaining(`usage: rewind admin ${name}`) });
    expect(read(call).kind).toBe('run');
    expect(read(`${call} --json`).kind).toBe(RAW.includes(name) ? 'refused' : 'run');
    for (const line of [`${call} --nonsense`, `${call} one-too-many`, `${call} --help=x`])
      expect(read(line)).toMatchObject({ kind: 'refused', text: expect.stringContaining('usage: rewind admin') });
  },
);

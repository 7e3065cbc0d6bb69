import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Command } from '../../../src/cli/command-line/command.ts';
import { Output } from '../../../src/cli/command-line/output.ts';
import { readCommand } from '../../../src/cli/command-line/read-command.ts';

const run = async () => true;
const COMMANDS: Command<null>[] = [
  { name: 'list', summary: 'lists', options: { all: { help: 'more' }, project: { value: 'ID', help: 'of one' } }, run },
  { name: 'keys show', summary: 'a key', words: ['KEY', '[PLACE]'], run },
  { name: 'keys drop', summary: 'no key', raw: true, words: ['KEY'], run },
];
const read = (...args: string[]) => readCommand('tool', COMMANDS, args);

test('reads a command with its words, values and flags', () => {
  expect(read('list', '--all', '--project', 'p', '--json')).toMatchObject({
    kind: 'run',
    command: { name: 'list' },
    values: new Map([['project', 'p']]),
    flags: new Set(['all', 'json']),
    words: [],
  });
  expect(read('keys', 'show', 'a', '-')).toMatchObject({ kind: 'run', words: ['a', '-'] });
});

test.each([
  [['list', '--al'], /^Unknown option '--al'\./],
  [['list', 'x'], /^x is too much\./],
  [['list', '--project'], /--project/],
  [['list', '--all=1'], /--all/],
  [['keys', 'show'], /^KEY is missing\./],
  [['keys', 'show', 'a', 'b', 'c'], /^c is too much\./],
  [['keys', 'drop', 'a', '--json'], /--json/],
  [['keys'], /keys show KEY/],
  [['keys', 'steal'], /keys show KEY/],
  [['lst'], /^There is no command lst\./],
  [[], /usage: tool COMMAND/],
])('%j is refused, and the usage told', (args, words) => {
  expect(read(...args)).toEqual({ kind: 'refused', text: expect.stringMatching(words) });
  expect((read(...args) as { text: string }).text).toContain('usage: tool');
});

test.each([
  ['--help'],
  ['-h'],
  ['help'],
  ['list', '--help'],
  ['help', 'list'],
  ['keys', '--help'],
  ['help', 'keys', 'show'],
])('%j asks for help', (...args) =>
  expect(read(...args)).toEqual({ kind: 'help', text: expect.stringContaining('usage: tool') }),
);

test('help names every option', () => {
  expect((read('list', '--help') as { text: string }).text).toMatch(/--all.+\n.+--project ID.+\n.+--json.+\n.+--help/);
});

test.each([
  [0, '[]\n', 'none\n'],
  [2, '[\n{"n":0},\n{"n":1}\n]\n', 'line 0\nline 1\n'],
])('%i rows are JSON for programs and lines for people', (count, json, lines) => {
  for (const [asJson, expected] of [
    [true, json],
    [false, lines],
  ] as const) {
    let said = '';
    const out = new Output(asJson, (text) => {
      said += text;
    }).whenEmpty('none');
    for (let n = 0; n < count; n += 1) out.row({ n }, `line ${n}`);
    out.end();
    expect(said).toBe(expected);
  }
});

const rewind = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(join(import.meta.dirname, '../../../bin/rewind'), args, {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  return { status, stdout, stderr };
};

test('the program: help and version are no errors, what is not understood is one and begins nothing', () => {
  expect(rewind('--help')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^usage: rewind ROLE/) });
  expect(rewind('version')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  expect(rewind('admin', '--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('keys rotate') });
  expect(rewind('admin', 'operations', '--everything')).toMatchObject({ status: 2, stdout: '' });
  expect(rewind('admin', 'restore', 'x')).toMatchObject({ status: 2, stdout: '' });
}, 60_000);

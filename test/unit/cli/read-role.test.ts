import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROLES, readRole } from '../../../src/cli/command-line/read-role.ts';

const ask = (line: string) => readRole(line.split(' ').filter(Boolean), '9.8.7');
const PROGRAM = join(import.meta.dirname, '../../../bin/rewind');

test.each(Object.keys(ROLES))('%s runs without arguments, tells of itself, and takes no other', (role) => {
  expect(ask(role)).toEqual({ kind: 'role', role });
  for (const line of [`${role} --help`, `${role} -h`, `help ${role}`])
    expect(ask(line)).toEqual({ kind: 'text', text: expect.stringMatching(new RegExp(`^usage: rewind ${role}\n`)) });
  for (const line of [`${role} more`, `${role} --json`, `${role} child`, `${role} --help more`, `help ${role} more`])
    expect(ask(line)).toMatchObject({ kind: 'refused' });
});

test('all are told of, and so is the release', () => {
  for (const line of ['help', '--help', '-h']) {
    const { text } = ask(line) as { text: string };
    for (const word of [...Object.keys(ROLES), 'admin', 'version']) expect(text).toContain(word);
  }
  for (const line of ['version', '--version']) expect(ask(line)).toEqual({ kind: 'text', text: '9.8.7\n' });
  expect(ask('version --json')).toEqual({ kind: 'text', text: '{"version":"9.8.7"}\n' });
  expect(ask('help admin keys list')).toEqual({ kind: 'admin', args: ['help', 'keys', 'list'] });
});

test.each(['', 'boss', 'help boss', 'version 2', '--json', 'toString', '-h more'])('not understood: %p', (line) => {
  expect(ask(line)).toMatchObject({ kind: 'refused', text: expect.stringContaining('usage: rewind ROLE') });
});

test('a refusal goes to stderr with exit status 2, help to stdout', () => {
  const run = (...args: string[]) => spawnSync(PROGRAM, args, { encoding: 'utf8' });
  expect(run('worker', '--now')).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(/^--now is not/),
  });
  expect(run('help', 'admin')).toMatchObject({
    status: 0,
    stderr: '',
    stdout: expect.stringContaining('host-key HOST'),
  });
});

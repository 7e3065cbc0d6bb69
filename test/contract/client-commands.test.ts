import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { PROJECT_ROOT } from '../world/lab/lab.ts';
import { blocksOf } from '../world/lab/runbook.ts';

/** What documents tell people to type at the `openstack` client is what the client of this Debian takes. */
const PAGES = ['README.md', ...readdirSync(join(PROJECT_ROOT, 'docs/runbooks')).map((name) => `docs/runbooks/${name}`)];
const CLIENT = '/usr/bin/python3';
const test_ = process.env.REWIND_LAB === '1' ? test : test.skip;

interface Call {
  page: string;
  line: string;
  words: string[];
  options: string[];
}

function callsOf(page: string): Call[] {
  return blocksOf(page, 'sh')
    .flatMap((block) => block.split('\n'))
    .flatMap((line) => {
      const [, said] = /\bopenstack ([^#|&>)]+)/.exec(line) ?? [];
      if (said === undefined) return [];
      const typed = said.trim().split(/\s+/);
      const options = typed.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.split('=')[0] as string);
      // Options of the client itself stand before the command.
      const from = typed.findIndex((word, place) => /^[a-z]/.test(word) && !typed[place - 1]?.startsWith('--os-'));
      const words: string[] = [];
      for (const word of typed.slice(from)) {
        if (!/^[a-z]+$/.test(word)) break;
        words.push(word);
      }
      return [{ page, line: line.trim(), words, options: options.filter((option) => !option.startsWith('--os-')) }];
    });
}

test_(
  'every command and option of the runbooks is known to the client',
  () => {
    const calls = PAGES.flatMap(callsOf);
    expect(calls.length).toBeGreaterThan(8);
    // How many of the words are the command's, only the client knows.
    const asked = [...new Set(calls.flatMap(({ words }) => words.map((_, n) => words.slice(0, n + 1).join(' '))))];
    const script = join(PROJECT_ROOT, 'test/world/lab/client_help.py');
    const { stdout, status } = spawnSync(CLIENT, [script], { input: asked.join('\n'), encoding: 'utf8' });
    expect(status).toBe(0);
    const help = JSON.parse(stdout) as Record<string, string | null>;
    const refused = calls.flatMap(({ page, line, words, options }) => {
      const known = words.map((_, n) => help[words.slice(0, words.length - n).join(' ')]).find((text) => text);
      if (!known) return [`${page}: ${line}: no such command`];
      return options.filter((option) => !known.includes(option)).map((option) => `${page}: ${line}: no ${option}`);
    });
    expect(refused).toEqual([]);
  },
  120_000,
);

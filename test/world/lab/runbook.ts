import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROJECT_ROOT } from './lab.ts';

const execute = promisify(execFile);
const BLOCK = /^( *)```(\w+)\n(.*?)^ *```$/gms;

/** What an operator copies out of a page of the documentation. */
export function blocksOf(page: string, language: string): string[] {
  const text = readFileSync(join(PROJECT_ROOT, page), 'utf8');
  return [...text.matchAll(BLOCK)]
    .filter(([, , is]) => is === language)
    .map(([, indent = '', , body = '']) => body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''));
}

/** The one shell block of a runbook that has these words in it. */
export function blockOf(runbook: string, words: string): string {
  const found = blocksOf(`docs/runbooks/${runbook}.md`, 'sh').filter((block) => block.includes(words));
  if (found.length !== 1) throw new Error(`${runbook}: ${found.length} blocks have ${JSON.stringify(words)}`);
  return found[0] as string;
}

/** `api`, as the README makes it. */
function apiFunction(): string {
  const [line] = blocksOf('README.md', 'sh').flatMap((block) =>
    block.split('\n').filter((one) => /^api\(\)/.test(one)),
  );
  if (line === undefined) throw new Error('the README has no api()');
  return line;
}

/** Types a block into a shell, as it stands but for what an operator fills in. Rejects when a command of it fails. */
export async function follow(
  block: string,
  env: Record<string, string>,
  filledIn: Record<string, string> = {},
): Promise<string> {
  let script = block;
  for (const [there, mine] of Object.entries(filledIn)) {
    if (!script.includes(there)) throw new Error(`the block has no ${there}: ${block}`);
    script = script.replaceAll(there, mine);
  }
  const path = `${join(PROJECT_ROOT, 'bin')}:${process.env.PATH}`;
  const whole = `set -eu -o pipefail\n${apiFunction()}\n${script}`;
  const { stdout } = await execute('bash', ['-c', whole], { env: { ...env, PATH: path }, timeout: 300_000 });
  return stdout.trim();
}

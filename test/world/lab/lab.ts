import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The real cloud of deploy/lab, as the tests see it. */
export const LAB_ROOT = process.env.LAB_ROOT ?? '/srv/rewind-lab';
export const PROJECT_ROOT = join(import.meta.dirname, '../../..');
const LAB = join(PROJECT_ROOT, 'deploy/lab/lab');
const MAX_OUTPUT = 32 * 1024 * 1024;

const execute = promisify(execFile);

export async function lab(...args: string[]): Promise<string> {
  const { stdout } = await execute(LAB, args, { maxBuffer: MAX_OUTPUT, timeout: 300_000 });
  return stdout;
}

/** Runs a shell command inside a server. Rejects when it fails. */
export const guest = async (serverId: string, command: string): Promise<string> =>
  (await lab('guest', serverId, command)).trim();

export const guestReady = (serverId: string): Promise<string> => lab('guest-wait', serverId, '120');

/** `rbd` as the cloud's admin: to look, and to break things. */
export async function rbd(...args: string[]): Promise<string> {
  const { stdout } = await execute('rbd', args, { maxBuffer: MAX_OUTPUT, timeout: 120_000 });
  return stdout;
}

export const rbdJson = async <T>(...args: string[]): Promise<T> =>
  JSON.parse(await rbd(...args, '--format', 'json')) as T;

/** KEY=VALUE lines, quoted or exported or not; several on a line as the openrc files have them. */
export function readEnvFile(path: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [, key, raw] of readFileSync(path, 'utf8').matchAll(/([A-Z][A-Z0-9_]*)=("[^"]*"|'[^']*'|\S*)/g)) {
    if (key !== undefined && raw !== undefined) values[key] = raw.replace(/^["']|["']$/g, '');
  }
  return values;
}

export const openrc = (user: string): Record<string, string> => readEnvFile(join(LAB_ROOT, `openrc-${user}`));

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Looks until it sees something. */
export async function until<T>(what: string, limitMs: number, look: () => Promise<T | undefined | false>): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > end) throw new Error(`waited ${limitMs / 1000} s in vain: ${what}`);
    await sleep(300);
  }
}

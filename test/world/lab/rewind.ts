import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { LAB_ROOT, PROJECT_ROOT, readEnvFile, until } from './lab.ts';
import type { Answer, Tenant } from './tenant.ts';

/** One installation of Rewind in a folder of its own: database, target, key, logs. Its processes are real ones. */
export interface Installation {
  folder: string;
  /** What its processes have as environment. */
  env: Readonly<Record<string, string>>;
  target: string;
  url: string;
  start(role: 'api' | 'worker' | 'agent' | 'gateway' | 'all', more?: Record<string, string>): RunningProcess;
  /** Runs the operator's shell to its end. */
  admin(...args: string[]): Promise<{ code: string; stdout: string; stderr: string }>;
  ready(): Promise<void>;
  call<T = Record<string, unknown>>(
    who: Tenant | null,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Answer<T>>;
  /** SIGKILL to all its processes. */
  kill(): void;
  /** Stops all its processes and removes the folder. */
  end(): Promise<void>;
}

export interface RunningProcess {
  child: ChildProcess;
  /** Resolves with the signal or exit code that ended it. */
  ended: Promise<string>;
  stop(): Promise<void>;
}

const DRAIN_LIMIT_MS = 40_000;

/** Tests beside each other need ports, and databases of Redis, of their own: the distance is no multiple of 12. */
const lane = Number(process.env.REWIND_TEST_LANE ?? Number(process.env.JEST_WORKER_ID ?? 1) - 1);
export const FIRST_PORT = 18_790 + 198 * lane;
let nextPort = FIRST_PORT;

/** Settings of an installation whose gateway listens there. */
export const gatewayAt = (port: number): Record<string, string> => ({
  REWIND_GATEWAY_PORT: String(port),
  REWIND_GATEWAY_PUBLIC_URL: `http://127.0.0.1:${port}`,
});

export function install(settings: Record<string, string> = {}): Installation {
  const folder = mkdtempSync(join(tmpdir(), 'rewind-test-'));
  const target = join(folder, 'target');
  mkdirSync(target);
  const keyFile = join(folder, 'manifest.key');
  writeFileSync(keyFile, randomBytes(32).toString('hex'), { mode: 0o400 });
  const port = nextPort++;
  const url = `http://127.0.0.1:${port}/vm-backup`;
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: folder,
    ...readEnvFile(join(LAB_ROOT, 'rewind.env')),
    REWIND_REDIS_URL: `redis://127.0.0.1:6379/${2 + (port % 12)}`,
    REWIND_DATABASE_URL: `sqlite:${join(folder, 'rewind.db')}`,
    REWIND_TARGETS: JSON.stringify([{ name: 'default', type: 'directory', path: target }]),
    REWIND_ARCHIVE_MANIFEST_KEY_FILE: keyFile,
    REWIND_AGENT_HELD_FOLDER: join(folder, 'held'),
    REWIND_AGENT_MEMORY_FOLDER: join(folder, 'memory'),
    REWIND_API_PORT: String(port),
    REWIND_API_PUBLIC_URL: url,
    REWIND_LOG_LEVEL: 'debug',
    // Most tests look for things left behind; a safety snapshot is one that is meant to stay.
    REWIND_RESTORE_SAFETY_HOURS: '0',
    // What is restored is to come from the target, also of volumes deleted a moment ago.
    REWIND_RESTORE_USE_TRASH: 'false',
    ...settings,
  };
  delete env.REWIND_TEST_MARIADB_URL;
  const running = new Set<RunningProcess>();
  let door: RunningProcess | undefined;
  return {
    folder,
    env,
    target,
    url,
    start(role, more = {}) {
      const child = spawn(join(PROJECT_ROOT, 'bin/rewind'), [role], {
        env: { ...env, ...more },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const log = createWriteStream(join(folder, `${role}-${child.pid}.log`));
      child.stdout?.pipe(log, { end: false });
      child.stderr?.pipe(log, { end: false });
      const ended = new Promise<string>((resolve) =>
        child.once('exit', (code, signal) => resolve(signal ?? String(code))),
      );
      const one: RunningProcess = {
        child,
        ended,
        async stop() {
          child.kill('SIGTERM');
          const hard = setTimeout(() => child.kill('SIGKILL'), DRAIN_LIMIT_MS);
          await ended;
          clearTimeout(hard);
        },
      };
      running.add(one);
      if (role === 'api' || role === 'all') door = one;
      void ended.then(() => running.delete(one));
      return one;
    },
    async admin(...args) {
      const child = spawn(join(PROJECT_ROOT, 'bin/rewind'), ['admin', ...args], {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const [stdout, stderr, code] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        new Promise<string>((resolve) => child.once('exit', (exit, signal) => resolve(signal ?? String(exit)))),
      ]);
      return { code, stdout, stderr };
    },
    ready: async () => {
      await until('Rewind healthy', 60_000, async () => {
        // Whoever answers in its place is somebody else's.
        if (typeof door?.child.exitCode === 'number') throw new Error(`the API ended with ${door.child.exitCode}`);
        const answer = await fetch(`${url}/healthcheck`).catch(() => undefined);
        return answer?.status === 200;
      });
    },
    async call<T>(who: Tenant | null, method: string, path: string, body?: unknown) {
      const headers: Record<string, string> = {
        ...(who ? { 'X-Auth-Token': who.token } : {}),
        'Content-Type': 'application/json',
      };
      const answer = await fetch(`${url}${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const said = await answer.text();
      return { status: answer.status, body: (said ? JSON.parse(said) : {}) as T, headers: answer.headers };
    },
    kill() {
      for (const one of running) one.child.kill('SIGKILL');
    },
    async end() {
      await Promise.all([...running].map((one) => one.stop()));
      const logs = join(LAB_ROOT, 'log', 'tests', basename(folder));
      cpSync(folder, logs, { recursive: true, filter: (path) => path === folder || path.endsWith('.log') });
      if (!process.env.REWIND_KEEP_TEST_FOLDERS) rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface OperationView {
  id: string;
  status: string;
  progress: number;
  fail_code?: string | null;
  fail_reason?: string | null;
}

type Resource = Record<string, unknown> & {
  id: string;
  status: string;
  fail_code: string | null;
  fail_reason: string | null;
  operation_id: string;
};

/** Asks for something long and waits for its end; gives the resource as it then is. */
export async function carryOut(
  rewind: Installation,
  who: Tenant,
  kind: 'backup' | 'restore' | 'snapshot',
  body: Record<string, unknown>,
  limitMs = 240_000,
): Promise<Resource> {
  const asked = await rewind.call<Record<string, Resource>>(who, 'POST', `/v1/${kind}s`, { [kind]: body });
  if (asked.status !== 202) throw new Error(`Rewind answered ${asked.status}: ${JSON.stringify(asked.body)}`);
  return settled(rewind, who, kind, asked.body[kind]?.id ?? '', limitMs);
}

export const settled = (
  rewind: Installation,
  who: Tenant,
  kind: 'backup' | 'restore' | 'snapshot',
  id: string,
  limitMs = 240_000,
): Promise<Resource> =>
  until(`${kind} ${id} settled`, limitMs, async () => {
    const { body } = await rewind.call<Record<string, Resource>>(who, 'GET', `/v1/${kind}s/${id}`);
    const resource = body[kind];
    return resource && !['creating', 'restoring', 'deleting'].includes(resource.status) && resource;
  });

export async function available(resource: Promise<Resource>): Promise<Resource> {
  const settledResource = await resource;
  if (settledResource.status !== 'available')
    throw new Error(`ended as ${settledResource.status}: ${settledResource.fail_reason}`);
  return settledResource;
}

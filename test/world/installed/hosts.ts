import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { LAB_ROOT, PROJECT_ROOT, until } from '../lab/lab.ts';

const HERE = import.meta.dirname;
const execute = promisify(execFile);
/** Dies with this process, whatever ends it. */
const BOUND = ['--pdeathsig', 'KILL', '--'];
const BLOCK_LIMIT_MS = 240_000;

/** A Debian without systemd, of its own but for the network: mounts, processes, name, users. */
export interface Host {
  name: string;
  /** Types a script into its root shell; rejects when a command of it fails. */
  type(script: string, typed?: string, env?: Record<string, string>): Promise<string>;
  /** One command, as whom and among whose mounts: those of a process that runs there. */
  as(user: string, unit: string, ...command: string[]): Promise<string>;
  /** The process of a unit, as it is called there. */
  processOf(unit: string): Promise<number>;
  logOf(unit: string): Promise<string>;
  end(): void;
}

/** Where all hosts are made: memory that goes with the last of them. */
export interface Site {
  folder: string;
  /** `above`: of a host that ended, whose files are those it begins with. */
  host(name: string, above: readonly string[], binds?: Readonly<Record<string, string>>): Promise<Host>;
  end(): void;
}

/** What is below all hosts: a bare Debian, where somebody made one, else this machine's own files. */
const lowest = (): string => {
  const bare = process.env.REWIND_TEST_BARE ?? join(LAB_ROOT, 'bare');
  return existsSync(join(bare, 'etc/debian_version')) ? bare : '/';
};

/** The way to packages that this machine has been given. */
const waysOut = (): string[] =>
  Object.entries(process.env)
    .filter(([name]) => /^(https?_proxy|no_proxy|(NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|GIT_SSL_CAINFO))$/i.test(name))
    .map(([name, value]) => `${name}=${value}`);

export async function site(): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'rewind-hosts-'));
  const inside = `mount -t tmpfs tmpfs ${folder} && echo up && exec sleep infinity`;
  const holder = await begun('unshare', ['--mount', '--propagation', 'private', '--', 'sh', '-c', inside]);
  const hosts: Host[] = [];
  await execute('nsenter', [
    '-t',
    String(holder.pid),
    '-m',
    'sh',
    '-c',
    `mkdir -m 755 ${folder}/shared ${folder}/tools`,
  ]);
  await execute('nsenter', ['-t', String(holder.pid), '-m', 'cp', ...TOOLS, `${folder}/tools`]);
  return {
    folder,
    async host(name, above, binds = {}) {
      const lower = [...above.map((one) => join(folder, one, 'upper')), lowest()].join(':');
      const pairs = Object.entries(binds).map(([from, to]) => `${from}:${to}`);
      const boot = [join(HERE, 'boot-host'), name, join(folder, name), lower, `${folder}/tools`, ...pairs];
      const apart = ['--mount', '--pid', '--uts', '--fork', '--kill-child', '--propagation', 'private'];
      const one = await begun('nsenter', ['-t', String(holder.pid), '-m', '--', 'unshare', ...apart, '--', ...boot]);
      const made = host(name, one, leafOf(one.pid ?? 0));
      hosts.push(made);
      return made;
    },
    end() {
      for (const one of hosts) one.end();
      holder.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const TOOLS = ['systemctl.py', 'sandbox.py'].map((name) => join(HERE, name));

function host(name: string, child: ChildProcess, pid: number): Host {
  const enter = ['-t', String(pid), '-m', '-p', '-u', '-r', '-w', '--'];
  const plain = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LANG=C.UTF-8'];
  const run = async (command: string[], typed = ''): Promise<string> => {
    const one = spawn('nsenter', [...enter, 'env', '-i', ...plain, ...waysOut(), ...command], {
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: BLOCK_LIMIT_MS,
    });
    one.stdin.on('error', () => undefined);
    one.stdin.end(typed);
    const ended = new Promise((resolve) => one.once('exit', (code, signal) => resolve(signal ?? code)));
    const [said, wrong, code] = await Promise.all([text(one.stdout), text(one.stderr), ended]);
    if (code !== 0) throw new Error(`${name}: ${command.join(' ')}\nended with ${code}: ${said}${wrong}`);
    return said;
  };
  const processOf = async (unit: string) => Number(await run(['cat', `/run/stand-in/${unit}.service.pid`]));
  return {
    name,
    type: (script, typed, env = {}) =>
      run(
        [
          ...Object.entries(env).map(([key, value]) => `${key}=${value}`),
          'bash',
          '--norc',
          '-euo',
          'pipefail',
          '-c',
          script,
        ],
        typed,
      ),
    async as(user, unit, ...command) {
      const among = ['nsenter', '-t', String(await processOf(unit)), '-m', '--'];
      const gid = (await run(['id', '-g', user])).trim();
      return run([...among, 'setpriv', `--reuid=${user}`, `--regid=${gid}`, '--init-groups', '--', ...command]);
    },
    processOf,
    logOf: (unit) => run(['cat', `/run/stand-in/${unit}.service.log`]),
    end() {
      child.kill('SIGKILL');
    },
  };
}

/** Started, and it has said that it is up. */
async function begun(command: string, args: string[]): Promise<ChildProcess> {
  const child = spawn('setpriv', [...BOUND, command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let wrong = '';
  child.stderr.on('data', (chunk) => {
    wrong += chunk;
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}: ${wrong}`)));
  });
  return child;
}

/** The process that holds the name spaces: the last of a line of only children. */
function leafOf(pid: number): number {
  const [next] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
  return next ? leafOf(Number(next)) : pid;
}

/** This program as it lies here, changes that nobody committed among it. `asRepository` makes of it what can be cloned. */
export function sources(folder: string): void {
  mkdirSync(folder);
  const own = new Set(['.git', 'node_modules', '.rewind']);
  for (const name of readdirSync(PROJECT_ROOT))
    if (!own.has(name)) cpSync(join(PROJECT_ROOT, name), join(folder, name), { recursive: true });
}

/** On a host that sees them there; this machine may have no git. */
export const asRepository = (place: string): string => `
  command -v git || { apt-get update -qq; apt-get install -y -qq --no-install-recommends git; }
  git config --global user.name test; git config --global user.email test@example.com
  cd ${place}; git init --quiet; git add --all; git commit --quiet -m 'as it is'`;

/**
 * The lab's libvirtd looks up among this machine's users who asks it, and on a compute host they are the host's. Gives what
 * takes it back.
 */
export async function knownToLibvirt(user: string, id: number): Promise<() => Promise<void>> {
  const isThere = (kind: string) =>
    execute('getent', [kind, String(id)]).then(
      () => true,
      () => false,
    );
  if (await isThere('passwd')) return async () => undefined;
  if (!(await isThere('group'))) await execute('groupadd', ['--system', '--gid', String(id), user]);
  await execute('useradd', ['--system', '--uid', String(id), '--gid', String(id), '--no-create-home', user]);
  return async () => void (await execute('userdel', [user]));
}

/** Groups that limited memory, which nobody is in any more. */
export async function dropMemoryGroups(folders: readonly string[]): Promise<void> {
  for (const folder of folders)
    await until(`${folder} empty`, 10_000, async () => {
      try {
        rmdirSync(folder);
        return true;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === 'ENOENT';
      }
    });
}

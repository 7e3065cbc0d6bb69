import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { RewindError } from '../../domain/errors.ts';
import type { Guard } from '../../ports/hypervisor.ts';
import { childEnvironment } from '../system/process-environment.ts';

export interface GuardSpec {
  uri: string;
  domain: string;
  /** virsh's commands that release the domain, one after the other, whether or not the one before did anything. */
  letGo: readonly string[];
  /** An event that this domain does not have while it is held. */
  never: string;
  seconds: number;
  /** It tries again after this time, this many times. */
  again: { seconds: number; times: number };
  /** A file that takes its output. */
  witness: string;
}

/**
 * `virsh` waits for an event that does not come as long as it is told to, and then goes on with its next command. So
 * the guard is one small process of libvirt's own, in its own session, without a shell and independent of Rewind:
 * killing every process of Rewind leaves it alone.
 */
export async function startGuard(spec: GuardSpec): Promise<Guard> {
  const { uri, domain, letGo, seconds, again } = spec;
  const turn = (after: number) => [waiting(spec, after), ...letGo.map((command) => `${command} ${domain}`)];
  const turns = [turn(seconds), ...Array.from({ length: again.times }, () => turn(again.seconds))];
  // Without --quiet: with it, virsh does not say what it resumed.
  const args = ['--connect', uri, turns.flat().join(' ; ')];
  let child: ReturnType<typeof spawn>;
  try {
    const says = openSync(spec.witness, 'a', 0o640);
    try {
      child = spawn('virsh', args, {
        env: childEnvironment(process.env),
        detached: true,
        stdio: ['ignore', says, 'ignore'],
      });
    } finally {
      closeSync(says);
    }
    await once(child, 'spawn');
  } catch (cause) {
    throw new RewindError('hypervisor.failed', { cause });
  }
  child.on('error', () => {});
  child.unref();
  return { disarm: () => void child.kill('SIGKILL') };
}

const waiting = ({ domain, never }: Pick<GuardSpec, 'domain' | 'never'>, seconds: number): string =>
  `event --domain ${domain} --event ${never} --timeout ${seconds}`;

/**
 * Ends guards of this kind that are still running: they are found by their arguments, since the process that started
 * them is dead.
 */
export async function endGuardsOf(spec: Pick<GuardSpec, 'domain' | 'never' | 'letGo'>): Promise<void> {
  const begins = waiting(spec, 0).replace(/0$/, '');
  const first = `${spec.letGo[0]} ${spec.domain}`;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const [file, ...args] = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (file !== 'virsh' || !args.some((arg) => arg.startsWith(begins) && arg.includes(first))) continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has just ended by itself.
    }
  }
}

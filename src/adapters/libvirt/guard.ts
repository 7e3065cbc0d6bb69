import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { RewindError } from '../../domain/errors.ts';
import type { Guard } from '../../ports/hypervisor.ts';
import { childEnvironment } from '../system/process-environment.ts';

export interface GuardSpec {
  uri: string;
  domain: string;
  /** virsh's commands that let the domain go, in turn, whether or not the one before did anything. */
  letGo: readonly string[];
  /** An event that this domain does not have while it is held. */
  never: string;
  seconds: number;
}

/**
 * `virsh` waits for an event that does not come as long as it is told, and then goes on with its next command. So the guard is one small process of libvirt's own, in a session of its own, without a shell and
 * without us: killing every process of Rewind leaves it alone.
 */
export async function startGuard({ uri, domain, letGo, never, seconds }: GuardSpec): Promise<Guard> {
  const wait = `event --domain ${domain} --event ${never} --timeout ${seconds}`;
  const commands = [wait, ...letGo.map((command) => `${command} ${domain}`)].join(' ; ');
  const child = spawn('virsh', ['--quiet', '--connect', uri, commands], {
    env: childEnvironment(process.env),
    detached: true,
    stdio: 'ignore',
  });
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new RewindError('hypervisor.failed', 'The hypervisor reported an error.', {
      fault: 'errored',
      retry: true,
      cause,
    });
  }
  child.on('error', () => {});
  child.unref();
  return { disarm: () => void child.kill('SIGKILL') };
}

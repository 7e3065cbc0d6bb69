import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { RewindError } from '../../domain/errors.ts';
import type { Guard } from '../../ports/hypervisor.ts';
import { childEnvironment } from '../system/process-environment.ts';

export interface GuardSpec {
  uri: string;
  domain: string;
  /** virsh's command that lets the domain go. */
  letGo: string;
  seconds: number;
}

/**
 * An event that no guest has while it is held: `virsh` waits for it as long as it is told, and then goes on with its
 * next command. So the guard is one small process of libvirt's own, in a session of its own, without a shell and
 * without us: killing every process of Rewind leaves it alone.
 */
const NEVER = 'migration-iteration';

export async function startGuard({ uri, domain, letGo, seconds }: GuardSpec): Promise<Guard> {
  const commands = `event --domain ${domain} --event ${NEVER} --timeout ${seconds} ; ${letGo} ${domain}`;
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

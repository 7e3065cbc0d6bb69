import { RewindError } from '../../domain/errors.ts';
import type { DomainState, Grip, Guard, Hold, Hypervisor } from '../../ports/hypervisor.ts';
import { ProcessError } from '../system/process-error.ts';
import { runProcess } from '../system/run-process.ts';
import { startGuard } from './guard.ts';
import type { LibvirtSettings, Virsh } from './libvirt-settings.ts';
import { openVirshShell } from './virsh-shell.ts';

/** Nova's own names of servers, and libvirt's of domains. Nothing else reaches an argument. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const MOST_OUTPUT_BYTES = 1024 * 1024;
const PING_SECONDS = 2;
/** libvirt's own default. */
const WAIT_FOR_EVER = -2;
const STATES: Record<string, DomainState> = {
  running: 'running',
  idle: 'running',
  'in shutdown': 'running',
  pmsuspended: 'running',
  paused: 'paused',
  'shut off': 'off',
  crashed: 'off',
};
const ABSENT = /failed to get domain|Domain not found/i;
const NOT_RUNNING = /domain is not running/i;

/** While memory is being saved a resume would wait until it is. */
export const LET_GO: Record<Hold, readonly string[]> = {
  pause: ['resume'],
  freeze: ['domfsthaw'],
  memory: ['domjobabort', 'resume'],
};
const HOLD: Record<Hold, string> = { pause: 'suspend', freeze: 'domfsfreeze', memory: 'suspend' };
/** Saving memory is a migration to libvirt, with its events; a paused guest writes to no disk. */
const NEVER: Record<Hold, string> = {
  pause: 'migration-iteration',
  freeze: 'migration-iteration',
  memory: 'block-threshold',
};

/** libvirt through the `virsh` command: see the port. */
export function createHypervisor(settings: LibvirtSettings): Hypervisor {
  const virsh: Virsh = async (...args) => {
    const output = await runProcess({
      file: 'virsh',
      args: ['--connect', settings.uri, ...args],
      timeoutMs: settings.callSeconds * 1000,
      maxStdoutBytes: MOST_OUTPUT_BYTES,
    });
    return output.stdout;
  };
  const agentLimit = (domain: string, seconds: number) =>
    virsh('guest-agent-timeout', known(domain), `--timeout=${seconds}`);
  // The server goes on already when this is asked: nobody waits for it.
  const freeAgent = (domain: string) => void agentLimit(domain, WAIT_FOR_EVER).catch(() => undefined);
  return {
    state: (domain) => stateOf(virsh, domain),
    async guestAnswers(domain) {
      const ping = JSON.stringify({ execute: 'guest-ping' });
      try {
        await virsh('qemu-agent-command', '--timeout', String(PING_SECONDS), known(domain), ping);
        // Before the freeze, which libvirt would else wait for without end, and for nothing but it.
        await agentLimit(domain, settings.callSeconds - 1);
        return true;
      } catch {
        return false;
      }
    },
    ...reins(virsh, virsh, freeAgent),
    async grip(domain): Promise<Grip> {
      const shell = openVirshShell(settings);
      try {
        await stateOf(shell.run, domain);
      } catch (error) {
        await shell.close();
        throw error;
      }
      // One command after the other: what ends another command needs a virsh of its own.
      return { ...reins(shell.run, virsh, freeAgent), drop: () => shell.close() };
    },
    guard: (domain, hold, seconds): Promise<Guard> =>
      startGuard({ uri: settings.uri, domain: known(domain), letGo: LET_GO[hold], never: NEVER[hold], seconds }),
  };
}

function reins(virsh: Virsh, beside: Virsh, freeAgent: (domain: string) => void): Pick<Grip, 'hold' | 'letGo'> {
  return {
    async hold(domain, hold) {
      await asked(virsh(HOLD[hold], known(domain)));
    },
    async letGo(domain, hold) {
      if (hold === 'freeze') {
        const was = thawed(await asked(virsh('domfsthaw', known(domain))));
        freeAgent(domain);
        return was;
      }
      // Nothing to be ended is the usual case.
      const abort = hold === 'memory' ? beside('domjobabort', known(domain)).catch(() => undefined) : undefined;
      const [before] = await Promise.all([stateOf(virsh, domain), abort]);
      if (before === 'paused') await asked(virsh('resume', domain));
      return before === 'paused';
    },
  };
}

async function stateOf(virsh: Virsh, domain: string): Promise<DomainState> {
  try {
    return STATES[(await virsh('domstate', known(domain))).trim()] ?? 'running';
  } catch (error) {
    if (error instanceof ProcessError && ABSENT.test(error.stderrTail)) return 'absent';
    throw hypervisorError(error);
  }
}

async function asked(answer: Promise<string>): Promise<string> {
  try {
    return await answer;
  } catch (error) {
    throw hypervisorError(error);
  }
}

function known(domain: string): string {
  if (UUID.test(domain)) return domain;
  throw new RewindError('internal.bad-name', 'A server id was malformed.', { fault: 'bug' });
}

/** `Thawed 3 filesystem(s)`; none when nothing was frozen any more. */
const thawed = (output: string): boolean => Number(/(\d+) filesystem/.exec(output)?.[1] ?? 0) > 0;

export function hypervisorError(error: unknown): unknown {
  if (!(error instanceof ProcessError)) return error;
  if (error.timedOut) return failure('hypervisor.timeout', 'The hypervisor did not answer in time.', error);
  if (NOT_RUNNING.test(error.stderrTail) || ABSENT.test(error.stderrTail)) {
    return failure('hypervisor.not-running', 'The server does not run on the host where it should.', error);
  }
  return failure('hypervisor.failed', 'The hypervisor reported an error.', error);
}

const failure = (code: string, message: string, cause: unknown): RewindError =>
  new RewindError(code, message, { fault: 'errored', retry: true, cause });

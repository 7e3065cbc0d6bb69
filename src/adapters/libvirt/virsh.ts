import { RewindError } from '../../domain/errors.ts';
import type { DomainState, Guard, Hold, Hypervisor } from '../../ports/hypervisor.ts';
import { ProcessError } from '../system/process-error.ts';
import { runProcess } from '../system/run-process.ts';
import { startGuard } from './guard.ts';

export interface LibvirtSettings {
  /** e.g. `qemu:///system` */
  uri: string;
  /** No call may take longer; a freeze hangs as long as the guest's agent does. */
  callSeconds: number;
}

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

export const LET_GO: Record<Hold, string> = { pause: 'resume', freeze: 'domfsthaw' };
const HOLD: Record<Hold, string> = { pause: 'suspend', freeze: 'domfsfreeze' };

/** libvirt through the `virsh` command: see the port. */
export function createHypervisor(settings: LibvirtSettings): Hypervisor {
  const virsh = async (...args: string[]): Promise<string> => {
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
  const asked = async (...args: string[]): Promise<string> => {
    try {
      return await virsh(...args);
    } catch (error) {
      throw hypervisorError(error);
    }
  };
  const state = async (domain: string): Promise<DomainState> => {
    try {
      return STATES[(await virsh('domstate', known(domain))).trim()] ?? 'running';
    } catch (error) {
      if (error instanceof ProcessError && ABSENT.test(error.stderrTail)) return 'absent';
      throw hypervisorError(error);
    }
  };
  return {
    state,
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
    async hold(domain, hold) {
      await asked(HOLD[hold], known(domain));
    },
    async letGo(domain, hold) {
      if (hold === 'freeze') {
        const was = thawed(await asked('domfsthaw', known(domain)));
        // The server goes on already: nobody waits for this.
        void agentLimit(domain, WAIT_FOR_EVER).catch(() => undefined);
        return was;
      }
      const before = await state(domain);
      if (before === 'paused') await asked('resume', domain);
      return before === 'paused';
    },
    guard: (domain, hold, seconds): Promise<Guard> =>
      startGuard({ uri: settings.uri, domain: known(domain), letGo: LET_GO[hold], seconds }),
  };
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

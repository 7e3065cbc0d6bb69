import { readFile } from 'node:fs/promises';
import type { ChildOf } from '../../domain/errors/error-catalogue.ts';
import { RewindError } from '../../domain/errors.ts';
import type { DomainState, Grip, Guard, Hold, Hypervisor } from '../../ports/hypervisor.ts';
import { ProcessError } from '../system/process-error.ts';
import { runProcess } from '../system/run-child.ts';
import { endGuardsOf, startGuard } from './guard.ts';
import { FREEZE_SECONDS, JOB_WAIT_SECONDS, type LibvirtSettings, type Virsh } from './libvirt-settings.ts';
import { openVirshShell } from './virsh-shell.ts';

/** Nova's names of servers and libvirt's of domains are UUIDs. Nothing else reaches an argument. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const MOST_OUTPUT_BYTES = 1024 * 1024;
/**
 * For a question that an agent answers at once, or not at all. libvirt itself spends five seconds on whether it is
 * there.
 */
const AGENT_SECONDS = 5;
/** libvirt's own default. */
const WAIT_FOR_EVER = -2;
/** A guard that found libvirt restarting, or the guest's agent in a hook, tries again after this time. */
const GUARD_AGAIN_SECONDS = 4;
const BOOT = '/proc/sys/kernel/random/boot_id';
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
const MOVING = /^Operation:\s+Outgoing migration/m;
/** The guest's agent is there and refused. */
const REFUSED = /unable to execute QEMU agent command/i;
/** The connection was cut: the request may have been heard. */
const CUT =
  /disconnected|cannot (recv|read|write|send) data|client socket is closed|connection (reset|closed)|end of file/i;

/** While memory is being saved, a resume would wait until that is done. */
const LET_GO: Record<Hold, readonly string[]> = {
  pause: ['resume'],
  freeze: ['domfsthaw'],
  memory: ['domjobabort', 'resume'],
};
/** To libvirt, saving memory is a migration, with its events; a paused guest writes to no disk. */
const NEVER: Record<Hold, string> = {
  pause: 'migration-iteration',
  freeze: 'migration-iteration',
  memory: 'block-threshold',
};

/** libvirt through the `virsh` command: see the port. */
export function createHypervisor(settings: LibvirtSettings): Hypervisor {
  const { uri, callSeconds, freezeSeconds = FREEZE_SECONDS } = settings;
  const virsh: Virsh = async (args, seconds = callSeconds) => {
    const output = await runProcess({
      file: 'virsh',
      args: ['--connect', uri, ...args],
      timeoutMs: seconds * 1000,
      maxStdoutBytes: MOST_OUTPUT_BYTES,
    });
    return output.stdout;
  };
  const guardOf = (domain: string, hold: Hold) => ({ domain: known(domain), letGo: LET_GO[hold], never: NEVER[hold] });
  return {
    state: (domain) => stateOf(virsh, domain),
    async runOf(domain) {
      try {
        const id = (await virsh(['domid', known(domain)])).trim();
        return /^\d+$/.test(id) ? `${(await readFile(BOOT, 'utf8').catch(() => '')).trim()}/${id}` : null;
      } catch (error) {
        if (error instanceof ProcessError && ABSENT.test(error.stderrTail)) return null;
        throw hypervisorError(error);
      }
    },
    async isMoving(domain) {
      // Without a job, or where none can be asked for, it says so or prints nothing.
      const said = await virsh(['domjobinfo', known(domain)]).catch((error) => {
        if (error instanceof ProcessError && !error.timedOut) return '';
        throw hypervisorError(error);
      });
      return MOVING.test(said);
    },
    async isFrozen(domain) {
      const status = JSON.stringify({ execute: 'guest-fsfreeze-status' });
      const ask = ['qemu-agent-command', known(domain), '--timeout', String(AGENT_SECONDS), status];
      try {
        return isFrozenAnswer(await virsh(ask, 2 * AGENT_SECONDS + 1));
      } catch (error) {
        if (error instanceof ProcessError) return null;
        throw error;
      }
    },
    ...reins(virsh, virsh, freezeSeconds),
    async freeAgent(domain) {
      await virsh(['guest-agent-timeout', known(domain), `--timeout=${WAIT_FOR_EVER}`]).catch(() => undefined);
    },
    async grip(domain): Promise<Grip> {
      const shell = openVirshShell(settings);
      try {
        await stateOf(shell.run, domain);
      } catch (error) {
        await shell.close();
        throw error;
      }
      // It runs one command after the other: a command that ends another one needs a virsh of its own.
      return { ...reins(shell.run, virsh, freezeSeconds), drop: () => shell.close() };
    },
    guard(domain, { hold, seconds, lateSeconds, witness }): Promise<Guard> {
      // If somebody pauses the domain meanwhile, they must not find it resumed: in that case it is tried only once
      // more, and soon.
      const times = hold === 'freeze' ? Math.ceil(lateSeconds / GUARD_AGAIN_SECONDS) : 1;
      const again = { seconds: GUARD_AGAIN_SECONDS, times };
      return startGuard({ uri, ...guardOf(domain, hold), seconds, again, witness });
    },
    endGuards: (domain, hold) => endGuardsOf(guardOf(domain, hold)).catch(() => undefined),
  };
}

function reins(virsh: Virsh, beside: Virsh, freezeSeconds: number): Pick<Grip, 'hold' | 'letGo'> {
  // libvirt's own limit applies first, and leaves nothing unknown behind.
  const hookSeconds = freezeSeconds + AGENT_SECONDS + JOB_WAIT_SECONDS;
  return {
    async hold(domain, hold) {
      if (hold === 'freeze') {
        // Without this, libvirt would wait without end, and only for the freeze.
        await virsh(['guest-agent-timeout', known(domain), `--timeout=${freezeSeconds}`]).catch(() => undefined);
        await asked(virsh(['domfsfreeze', domain], hookSeconds));
        return;
      }
      // libvirt also confirms a pause of a domain that somebody else has paused: then it is not ours to resume.
      const state = await stateOf(virsh, domain);
      if (state !== 'running') throw notRunning(new Error(`it is ${state}`));
      await asked(virsh(['suspend', known(domain)]));
    },
    async letGo(domain, hold) {
      if (hold === 'freeze') return thawed(await asked(virsh(['domfsthaw', known(domain)], hookSeconds)));
      // Usually there is nothing to end.
      const abort = hold === 'memory' ? beside(['domjobabort', known(domain)]).catch(() => undefined) : undefined;
      const [before] = await Promise.all([stateOf(virsh, domain), abort]);
      if (before === 'paused') await asked(virsh(['resume', domain]));
      return before === 'paused';
    },
  };
}

async function stateOf(virsh: Virsh, domain: string): Promise<DomainState> {
  try {
    return STATES[(await virsh(['domstate', known(domain)])).trim()] ?? 'running';
  } catch (error) {
    if (error instanceof ProcessError && ABSENT.test(error.stderrTail)) return 'absent';
    throw hypervisorError(error);
  }
}

async function asked(answer: Promise<string>): Promise<string> {
  try {
    return await answer;
  } catch (error) {
    // A command that ended in any other way than by refusing has not answered either.
    const { signal = null, exitCode = null, stderrTail = '' } = error instanceof ProcessError ? error : {};
    if (signal !== null || exitCode === 0 || CUT.test(stderrTail)) throw silent(error);
    throw hypervisorError(error);
  }
}

function known(domain: string): string {
  if (UUID.test(domain)) return domain;
  throw new RewindError('internal.bad-name', 'A server id was malformed.');
}

/** virsh prints `Thawed 3 filesystem(s)`; false when nothing was frozen any more. */
const thawed = (output: string): boolean => Number(/(\d+) filesystem/.exec(output)?.[1] ?? 0) > 0;

/** Null: the answer was something else. */
const isFrozenAnswer = (text: string): boolean | null => {
  const said = /"return"\s*:\s*"(frozen|thawed)"/.exec(text)?.[1];
  return said === undefined ? null : said === 'frozen';
};

export function hypervisorError(error: unknown): unknown {
  if (!(error instanceof ProcessError)) return error;
  const { timedOut, stderrTail } = error;
  if (timedOut) return silent(error);
  if (NOT_RUNNING.test(stderrTail) || ABSENT.test(stderrTail)) return notRunning(error);
  if (REFUSED.test(stderrTail)) {
    return new RewindError('hypervisor.guest-refused', { cause: error });
  }
  return saidNo(error);
}

const silent = (cause: unknown): RewindError => new RewindError('hypervisor.timeout', { cause });

const notRunning = (cause: unknown): RewindError => new RewindError('hypervisor.not-running', { cause });

type Meaning = readonly [said: RegExp, make: (cause: unknown) => RewindError];

const meaning = (code: ChildOf<'hypervisor.failed'>) => (cause: unknown) =>
  new RewindError(`hypervisor.failed.${code}`, { cause });
const noChannel = (cause: unknown) =>
  new RewindError('hypervisor.failed.no-guest-agent', 'The hypervisor has no channel to a guest agent.', {
    retry: false,
    hint: 'Set hw_qemu_guest_agent=yes on the image and make the server anew.',
    cause,
  });

/** Messages of virsh and libvirt (10 and earlier). */
const MEANINGS: readonly Meaning[] = [
  [/state change lock/i, meaning('busy')],
  [/agent is not configured/i, noChannel],
  [/agent is not (?:connected|available|responding)|guest agent .* not responding/i, meaning('no-guest-agent')],
  [/no space left|disk quota exceeded/i, meaning('full')],
  [/authentication (?:failed|unavailable|required)|access denied|permission denied/i, meaning('access-denied')],
  [/not supported|unsupported|unknown procedure|unknown command/i, meaning('not-supported')],
  [
    /failed to connect|connection refused|no such file or directory.*libvirt-sock|cannot connect|end of file while reading/i,
    meaning('not-reached'),
  ],
];

function saidNo(error: ProcessError): RewindError {
  const known = MEANINGS.find(([said]) => said.test(error.stderrTail));
  return known ? known[1](error) : new RewindError('hypervisor.failed', { cause: error });
}

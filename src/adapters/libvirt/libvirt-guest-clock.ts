import * as z from 'zod';
import { RewindError } from '../../domain/errors.ts';
import { isUuid } from '../../domain/names.ts';
import type { GuestClock } from '../../ports/guest-clock.ts';
import { ProcessError } from '../system/process-error.ts';
import type { LibvirtSettings, Virsh } from './libvirt-settings.ts';
import { openVirshShell } from './virsh-shell.ts';

/** An agent answers at once, or not at all. Before asking, libvirt spends five seconds on whether it is there. */
const ASK_SECONDS = 5;
/** Setting the hardware's clock, too, takes a second or more. */
const SET_SECONDS = 20;
const DATE_LOOKS = 30;
const DATE_LOOK_MS = 100;
/** `date` knows whole seconds only: it is told one that is about to begin. */
const DATE_AHEAD_MS = 150;
/** The agent is there and refused: it has no `hwclock`, or is not allowed to. */
const REFUSED = /unable to execute QEMU agent command/i;

const agentAnswer = z.object({ return: z.unknown() });
const started = z.object({ pid: z.int() });
const ended = z.object({ exited: z.boolean().optional(), exitcode: z.int().optional() });

type Ask = (execute: string, args?: Record<string, unknown>, seconds?: number) => Promise<unknown>;

/**
 * A guest's clock through its agent, asked by one open `virsh`: with a process for each question, a clock could not be
 * read exactly.
 */
export function createGuestClock(settings: Pick<LibvirtSettings, 'uri' | 'callSeconds'>): GuestClock {
  const asking = async <T>(domain: string, work: (ask: Ask) => Promise<T>): Promise<T> => {
    const shell = openVirshShell(settings);
    try {
      return await work(asker(shell.run, known(domain)));
    } finally {
      await shell.close();
    }
  };
  return {
    async read(domain) {
      try {
        return await asking(domain, async (ask) => {
          // The first answer is late: libvirt connects first, and finds out whether the agent is there.
          await ask('guest-get-time');
          const before = Date.now();
          const nanoseconds = z.number().parse(await ask('guest-get-time'));
          const after = Date.now();
          return { offsetMs: nanoseconds / 1e6 - (before + after) / 2, withinMs: (after - before) / 2 + 1 };
        });
      } catch (error) {
        return nothing(error, null);
      }
    },
    async set(domain, offsetMs, allowCoarse) {
      try {
        return await asking(domain, async (ask) => {
          await ask('guest-ping');
          try {
            // A number in JavaScript cannot hold nanoseconds.
            const time = `${Math.round(Date.now() + offsetMs)}000000`;
            await ask('guest-set-time', { time: new Nanoseconds(time) }, SET_SECONDS);
            return 'set';
          } catch (error) {
            if (!(error instanceof ProcessError && REFUSED.test(error.stderrTail))) throw error;
            // The clock is set: only the hardware's clock is not.
            if (/hwclock/.test(error.stderrTail)) return 'set';
            return allowCoarse && (await setByDate(ask, offsetMs)) ? 'coarse' : 'refused';
          }
        });
      } catch (error) {
        return nothing(error, 'silent' as const);
      }
    },
  };
}

/** A text that goes into JSON as it is. */
class Nanoseconds {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toJSON(): string {
    return `ns:${this.text}`;
  }
}

function asker(virsh: Virsh, domain: string): Ask {
  return async (execute, args, seconds = ASK_SECONDS) => {
    const command = JSON.stringify({ execute, arguments: args }).replace(/"ns:(\d+)"/g, '$1');
    const limit = ['--timeout', String(seconds)];
    const said = await virsh(['qemu-agent-command', domain, ...limit, command], ASK_SECONDS + seconds + 1);
    // virsh echoes a long line as a terminal shows it: scrolled.
    const answer = said.split('\n').findLast((line) => line.startsWith('{')) ?? '';
    return agentAnswer.parse(JSON.parse(answer)).return;
  };
}

/**
 * The agent sets the time with the guest's `hwclock` and refuses where there is none; `date` is available everywhere.
 */
async function setByDate(ask: Ask, offsetMs: number): Promise<boolean> {
  try {
    const now = Date.now() + offsetMs;
    const second = Math.ceil((now + DATE_AHEAD_MS) / 1_000);
    await pause(second * 1_000 - DATE_AHEAD_MS - now);
    const { pid } = started.parse(await ask('guest-exec', { path: 'date', arg: ['-u', '-s', `@${second}`] }));
    for (let look = 0; look < DATE_LOOKS; look += 1) {
      const { exited, exitcode } = ended.parse(await ask('guest-exec-status', { pid }));
      if (exited === true || exitcode !== undefined) return exitcode === 0;
      await pause(DATE_LOOK_MS);
    }
    return false;
  } catch {
    // Many guests forbid their agent to run programs.
    return false;
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

function known(domain: string): string {
  if (isUuid(domain)) return domain;
  throw new RewindError('internal.bad-name', 'A server id was malformed.');
}

function nothing<T>(error: unknown, answer: T): T {
  if (error instanceof ProcessError || error instanceof SyntaxError || error instanceof z.ZodError) return answer;
  throw error;
}

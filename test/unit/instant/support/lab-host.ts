import { RewindError } from '../../../../src/domain/errors.ts';
import type { WantedConsistency } from '../../../../src/domain/points/backup.ts';
import { guestClocks } from '../../../../src/instant/guest-clocks.ts';
import { heldWatch } from '../../../../src/instant/held-watch.ts';
import { takeInstant } from '../../../../src/instant/take-instant.ts';
import type { HeldNote, KeptNote } from '../../../../src/ports/held-domains.ts';
import type { DomainState, GuardOrder, Hold, Hypervisor } from '../../../../src/ports/hypervisor.ts';
import type { Log } from '../../../../src/ports/system.ts';

export const SERVER = '11111111-1111-4111-8111-111111111111';
const IMAGES = ['a', 'b'].map((image) => ({ pool: 'volumes', image }));
const failure = (code: 'hypervisor.failed' | 'hypervisor.guest-refused' | 'hypervisor.not-running') =>
  new RewindError(code);

const SYNC_MS = 5_000;
const JOB_WAIT_MS = 30_000;
const FREEZE_SECONDS = 60;

/**
 * A compute host whose time passes when nothing else can happen: a guest with hooks, whose agent does one thing after the
 * other; a libvirt that carries on with what dead clients asked; guards; and agents of ours that can be killed.
 */
export function labHost(hookMs: number) {
  let nowMs = 0;
  const timers: { at: number; fire: () => void }[] = [];
  const after = (ms: number): Promise<void> =>
    new Promise((fire) => void timers.push({ at: nowMs + Math.max(0, ms), fire }));
  const guest = { state: 'running' as DomainState, run: 'boot/1', frozen: false, freeAt: 0, clockMs: 0, frozenMs: 0 };
  let frozenAt = 0;
  let stoppedAt = 0;
  const notes = new Map<string, KeptNote & { at: number }>();
  const guarded = new Set<string>();
  const did: string[] = [];
  const said: string[] = [];

  // --- the guest's agent: what it was told it does, in order, whoever listens
  const guestDoes = async (ms: number, act: () => void): Promise<void> => {
    const start = Math.max(nowMs, guest.freeAt);
    guest.freeAt = start + ms;
    await after(guest.freeAt - nowMs);
    act();
  };
  const freeze = () => {
    guest.frozen = true;
    frozenAt = nowMs;
  };
  const thaw = () => {
    if (guest.frozen) guest.frozenMs = Math.max(guest.frozenMs, nowMs - frozenAt);
    guest.frozen = false;
  };
  const pause = () => {
    guest.state = 'paused';
    stoppedAt = nowMs;
  };
  const resume = () => {
    if (guest.state === 'paused') guest.clockMs -= nowMs - stoppedAt;
    guest.state = 'running';
  };

  // --- libvirt: one question to an agent at a time
  let job: Promise<unknown> = Promise.resolve();
  const agentJob = async <T>(work: () => Promise<T>): Promise<T> => {
    const before = job;
    const mine = (async () => {
      const mine = await Promise.race([before.then(() => true), after(JOB_WAIT_MS).then(() => false)]);
      if (!mine) throw failure('hypervisor.failed');
      const free = Math.max(0, guest.freeAt - nowMs);
      await after(Math.min(free, SYNC_MS));
      if (free > SYNC_MS) throw failure('hypervisor.failed');
      return work();
    })();
    job = Promise.all([before, mine.catch(() => undefined)]);
    return mine;
  };
  const answered = async (done: Promise<void>, ms: number): Promise<void> => {
    const inTime = await Promise.race([done.then(() => true), after(ms).then(() => false)]);
    if (!inTime) throw failure('hypervisor.failed');
  };
  const libvirt = {
    isFrozen: () =>
      agentJob(async () => {
        let frozen = false;
        await answered(
          guestDoes(5, () => {
            frozen = guest.frozen;
          }),
          SYNC_MS,
        );
        return frozen;
      }).catch(() => null),
    freeze: () =>
      agentJob(async () => {
        if (guest.frozen) throw failure('hypervisor.guest-refused');
        await answered(guestDoes(hookMs + 50, freeze), FREEZE_SECONDS * 1_000);
      }),
    thaw: () =>
      agentJob(async () => {
        const was = guest.frozen;
        await answered(guestDoes(20, thaw), FREEZE_SECONDS * 1_000);
        return was;
      }),
  };

  // --- guards: processes of their own
  const startGuard = ({ hold, seconds, lateSeconds, witness }: GuardOrder) => {
    let armed = true;
    void (async () => {
      const turns = hold === 'freeze' ? Math.ceil(lateSeconds / 4) : 1;
      for (let turn = 0; turn <= turns; turn += 1) {
        await after(turn === 0 ? seconds * 1_000 : 4_000);
        if (!armed) return;
        if (hold === 'freeze') await libvirt.thaw().catch(() => undefined);
        else if (guest.state === 'paused') {
          resume();
          guarded.add(witness);
        }
      }
    })();
    return {
      disarm() {
        armed = false;
      },
    };
  };

  /** One agent process of ours. */
  function agent() {
    let dead = false;
    const never = new Promise<never>(() => {});
    /** Whatever it asks after its death comes to nothing, and it hears nothing any more. */
    const call = async <T>(work: () => Promise<T> | T): Promise<T> => {
      if (dead) return never;
      const result = await Promise.resolve(work()).then(
        (value) => () => value,
        (error) => () => {
          throw error;
        },
      );
      return dead ? never : result();
    };
    const hold = (_: string, what: Hold) =>
      call(async () => {
        did.push(`hold ${what}`);
        if (what === 'freeze') return libvirt.freeze();
        if (guest.state !== 'running') throw failure('hypervisor.not-running');
        await after(5);
        pause();
      });
    const letGo = (_: string, what: Hold) =>
      call(async () => {
        did.push(`let go of ${what}`);
        if (what === 'freeze') return libvirt.thaw();
        const was = guest.state === 'paused';
        if (was) resume();
        return was;
      });
    const hypervisor: Hypervisor = {
      state: () => call(() => guest.state),
      runOf: () => call(() => (guest.state === 'off' || guest.state === 'absent' ? null : guest.run)),
      isMoving: () => call(() => false),
      isFrozen: () => call(libvirt.isFrozen),
      hold,
      letGo,
      freeAgent: () => call(() => undefined),
      grip: () => call(() => ({ hold, letGo, drop: async () => {} })),
      guard: (_, order) => call(() => startGuard(order)),
      endGuards: () => call(() => undefined),
    };
    const key = (domain: string, what: string) => `${domain}.${what}`;
    const held = {
      note: (note: HeldNote) =>
        call(() => {
          notes.set(key(note.domain, note.hold), { ...note, since: String(nowMs), at: nowMs, ageMs: 0 });
        }),
      mark(note: HeldNote, stage: HeldNote['stage']) {
        if (dead) return;
        notes.set(key(note.domain, note.hold), { ...note, stage, since: String(nowMs), at: nowMs, ageMs: 0 });
      },
      forget: (domain: string, what: string) =>
        call(() => {
          notes.delete(key(domain, what));
          guarded.delete(key(domain, what));
        }),
      all: () => call(() => [...notes.values()].map((note) => ({ ...note, ageMs: nowMs - note.at }))),
      witness: key,
      wasLetGo: (domain: string, what: string) => call(() => guarded.has(key(domain, what))),
    };
    const clock = {
      now: () => nowMs,
      monotonic: () => nowMs,
      sleep: (ms: number, signal?: AbortSignal) =>
        call(async () => {
          const aborted = new Promise<never>((_, reject) => {
            if (signal?.aborted) reject(signal.reason);
            signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
          });
          await Promise.race([after(ms), ...(signal ? [aborted] : [])]);
        }),
    };
    const log: Log = {
      debug() {},
      info() {},
      warn: (message, fields) => void said.push(`${message} ${JSON.stringify(fields)}`),
      error: (message, fields) => void said.push(`${message} ${JSON.stringify(fields)}`),
      with: () => log,
    };
    let killAt = '';
    const boundary = (place: string) => {
      did.push(place);
      if (place !== killAt) return;
      dead = true;
    };
    const hands = new Set<string>();
    const guestClock = {
      read: () => call(() => (guest.state === 'running' ? { offsetMs: guest.clockMs, withinMs: 1 } : null)),
      set: (_: string, offsetMs: number) =>
        call(() => {
          did.push('set clock');
          guest.clockMs = offsetMs;
          return 'set' as const;
        }),
    };
    const clocks = guestClocks({ hypervisor, guestClock, held, hands, clock, log });
    const watch = heldWatch({ hypervisor, held, hands, clocks, clock, log });
    const ceph = {
      removeSnap: () => call(() => undefined),
      createSnap: () => call(() => after(100)),
      readySnaps: () => call(() => ({ take: () => call(() => after(100)), drop: () => call(() => undefined) })),
    };
    const parts = {
      hypervisor,
      ceph,
      held,
      hands,
      clocks,
      clock,
      log,
      hardLimitSeconds: 8,
      freezeSeconds: FREEZE_SECONDS,
      boundary,
    };
    return {
      parts,
      hands,
      watch,
      /** As the wiring does. */
      async start() {
        await watch.begin();
        void watch.run(new AbortController().signal);
      },
      killWhen(place: string) {
        killAt = place;
      },
      kill() {
        dead = true;
      },
      isDead: () => dead,
      take: (wanted: WantedConsistency) => takeInstant(parts, { serverId: SERVER, images: IMAGES, snap: 's', wanted }),
    };
  }

  return {
    guest,
    notes,
    did,
    said,
    agent,
    pause,
    now: () => nowMs,
    after,
    /** Lets time pass until then, or until it is so. */
    async pass(ms: number, until: () => boolean = () => false): Promise<void> {
      const end = nowMs + ms;
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        if (until()) return;
        timers.sort((a, b) => a.at - b.at);
        const next = timers[0];
        if (!next || next.at > end) {
          nowMs = end;
          return;
        }
        timers.shift();
        nowMs = Math.max(nowMs, next.at);
        next.fire();
      }
    },
  };
}

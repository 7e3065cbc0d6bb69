import type { GuestClockState } from '../domain/points/instant.ts';
import type { GuestClock } from '../ports/guest-clock.ts';
import type { HeldDomains, HeldNote, KeptNote } from '../ports/held-domains.ts';
import type { Hypervisor } from '../ports/hypervisor.ts';
import type { Clock, Log } from '../ports/system.ts';
import type { Look } from './settle-hold.ts';

export interface ClockParts {
  hypervisor: Pick<Hypervisor, 'runOf'>;
  guestClock: GuestClock;
  held: Pick<HeldDomains, 'note' | 'forget' | 'all'>;
  hands: Set<string>;
  clock: Clock;
  log: Log;
}

export interface Clocks {
  /** The guest's clock minus the host's before a hold, ms. */
  offset(domain: string): Promise<number | null>;
  /** Called after a hold, before its note goes: the clock stood still meanwhile. */
  noteBehind(note: HeldNote): Promise<void>;
  /** Looks once at what was noted. */
  mend(note: KeptNote): Promise<Look & Partial<GuestClockState>>;
  /** Looks at what was noted of this domain until it is done or the time is up. Null: nothing was noted. */
  mended(domain: string, limitMs: number): Promise<GuestClockState | null>;
  /**
   * Sets the host's time, and retries until the time is up: the guest's agent does not answer at once after a restore.
   */
  setNow(domain: string, limitMs: number): Promise<GuestClockState>;
}

/** A smaller difference is not worth a jump; it is added to the next one. */
const WORTH_MS = 100;
/** The same where the clock can only be set to half a second. */
const COARSE_WORTH_MS = 700;
/** After this time nobody tries any more. */
const MEND_LIMIT_MS = 15 * 60_000;
const LOOK_MS = 1_000;
/** Small debts of this many servers are remembered; a server that is forgotten loses less than a second. */
const MOST_OWED = 10_000;

export const noClocks: Pick<Clocks, 'noteBehind'> = { noteBehind: async () => {} };

/**
 * With most kinds of virtual clocks, the clock of a paused server stands still, and nobody sets it afterwards. So it is
 * read before the pause and after it, and the lost time is given back: not more than that, since a guest may
 * deliberately have a different time.
 */
export function guestClocks(parts: ClockParts): Clocks {
  const { guestClock, held, hands, hypervisor, clock, log } = parts;
  const owed = new Map<string, { run: string | null; afterMs: number; ms: number }>();
  /** Sets the clock unless it is right; a reading decides. */
  const bring = async (domain: string, toMs: number): Promise<Look & Partial<GuestClockState>> => {
    const before = await guestClock.read(domain);
    if (!before) return { over: false, why: 'its guest agent does not answer' };
    const off = Math.round(before.offsetMs - toMs);
    if (Math.abs(off) <= WORTH_MS + before.withinMs)
      return { over: true, why: 'its clock is right', set: true, offMs: off };
    const small = Math.abs(off) <= COARSE_WORTH_MS + before.withinMs;
    const done = await guestClock.set(domain, toMs, !small);
    if (done === 'refused' && small) return { over: true, why: 'its clock is nearly right', set: true, offMs: off };
    if (done === 'refused') return { over: true, why: 'its guest agent cannot set its clock', set: false, offMs: off };
    const after = await guestClock.read(domain);
    if (!after) return { over: false, why: 'its guest agent does not answer' };
    const offMs = Math.round(after.offsetMs - toMs);
    const right = (done === 'coarse' ? COARSE_WORTH_MS : WORTH_MS) + after.withinMs;
    if (Math.abs(offMs) > right) return { over: false, why: 'its clock is not yet right', set: false, offMs };
    log.info('the clock of a server was set', { server_id: domain, off_ms: off, now_off_ms: offMs });
    return { over: true, why: 'its clock was set', letGo: true, set: true, offMs };
  };
  const mend = async (note: KeptNote): Promise<Look & Partial<GuestClockState>> => {
    const { domain, run, clockOffsetMs } = note;
    const now = await hypervisor.runOf(domain);
    if (now === null || now !== run) return { over: true, why: 'it was started anew or is gone' };
    if (clockOffsetMs === null) return { over: true, why: 'its guest agent did not answer before' };
    const look = await bring(domain, clockOffsetMs);
    if (look.over && look.offMs !== undefined && look.offMs !== null) {
      owed.delete(domain);
      if (look.set && look.offMs < 0 && owed.size < MOST_OWED)
        owed.set(domain, { run, afterMs: clockOffsetMs + look.offMs, ms: -look.offMs });
    }
    if (look.over && look.set === false)
      log.warn('the clock of a server is off and cannot be set', { server_id: domain, off_ms: look.offMs });
    if (look.over || note.ageMs <= MEND_LIMIT_MS) return look;
    log.warn('the clock of a server may be off: its guest agent has not answered', {
      server_id: domain,
      why: look.why,
    });
    return { ...look, over: true, set: false };
  };
  const noted = async (domain: string): Promise<KeptNote | undefined> =>
    (await held.all()).find((note) => note.domain === domain && note.hold === 'clock');
  return {
    offset: async (domain) => (await guestClock.read(domain))?.offsetMs ?? null,
    async noteBehind(note) {
      if (note.clockOffsetMs === null) return;
      const earlier = await noted(note.domain);
      let offset = note.clockOffsetMs;
      const debt = owed.get(note.domain);
      // Time that the guest has regained by itself meanwhile is not given twice.
      if (debt?.run === note.run) offset += Math.min(debt.ms, Math.max(0, debt.ms - (offset - debt.afterMs)));
      const clockOffsetMs = earlier?.run === note.run ? earlier.clockOffsetMs : Math.round(offset);
      await held.note({ ...note, hold: 'clock', stage: 'answered', clockOffsetMs });
    },
    mend,
    async mended(domain, limitMs) {
      const until = clock.monotonic() + limitMs;
      const key = `${domain}.clock`;
      hands.add(key);
      try {
        for (;;) {
          const note = await noted(domain);
          if (!note) return null;
          const look = await mend(note);
          if (look.over) await held.forget(domain, 'clock');
          if (look.over || clock.monotonic() >= until) return { set: look.set ?? false, offMs: look.offMs ?? null };
          await clock.sleep(LOOK_MS);
        }
      } finally {
        hands.delete(key);
      }
    },
    async setNow(domain, limitMs) {
      const until = clock.monotonic() + limitMs;
      for (;;) {
        const look = await bring(domain, 0);
        if (look.over || clock.monotonic() >= until) return { set: look.set ?? false, offMs: look.offMs ?? null };
        await clock.sleep(LOOK_MS);
      }
    },
  };
}

import { hasCode, RewindError } from '../domain/errors.ts';
import type { HeldDomains, HeldNote } from '../ports/held-domains.ts';
import type { Grip, Guard, Hold, Hypervisor } from '../ports/hypervisor.ts';
import type { Clock, Log } from '../ports/system.ts';
import { type Clocks, noClocks } from './guest-clocks.ts';
import { isLate, keyOf, settleHold } from './settle-hold.ts';

export interface HoldParts {
  hypervisor: Hypervisor;
  held: HeldDomains;
  /** Holds of this process that are under way: the watch leaves them alone. */
  hands: Set<string>;
  /** Without it nobody looks at the clock of a server that was paused. */
  clocks?: Clocks;
  clock: Clock;
  log: Log;
  /** How long a guest's hooks may take to freeze it; this is not part of the time for which it is held. */
  freezeSeconds: number;
  /** A hook for tests, which end the process here. */
  boundary?: (place: string) => void;
}

/** We release the server ourselves this long before the guard's time is up. */
const MARGIN_MS = 2_000;
const LET_GO_ATTEMPTS = 3;
/** libvirt waits thirty seconds for its turn with a domain: a command may still be carried out this much later. */
const LATE_SECONDS = 40;
/** A freeze that takes longer waited for a hook: that time is not a standstill. */
const QUICK_FREEZE_MS = 1_000;
const HAND_LOOKS = 30;
const HAND_LOOK_MS = 100;

export interface Holding {
  serverId: string;
  hold: Hold;
  /** How long after the beginning of the hold the guard releases the server. We do so two seconds earlier. */
  limitSeconds: number;
}

export interface Held {
  /** Wall time of the instant, ISO 8601 in UTC. */
  at: string;
  /** How long the server stood still, ms. */
  pausedMs: number;
  /**
   * Time from the request to the answer, ms: it includes hooks of the guest, and for a freeze also the writing of
   * unwritten data.
   */
  holdingMs: number;
}

/**
 * Does the work while the server is held, and proves that it was held all the time. What is asked of the server is
 * noted before; the note stays until it is known that this was undone, by us or by the watch, and cannot happen later.
 * @throws RewindError `instant.unsettled` (retry), `instant.migrating` (retry), `instant.freeze-timeout`, and as
 * `takeInstant`
 */
export async function heldWhile(parts: HoldParts, holding: Holding, work: () => Promise<unknown>): Promise<Held> {
  const { hypervisor, held, hands, freezeSeconds } = parts;
  const { serverId, hold } = holding;
  await refuseUnsettled(parts, serverId, hold);
  const lateSeconds = hold === 'freeze' ? freezeSeconds + LATE_SECONDS : LATE_SECONDS;
  const clockOffsetMs = hold === 'freeze' ? null : ((await parts.clocks?.offset(serverId)) ?? null);
  const [run, isMoving] = await Promise.all([hypervisor.runOf(serverId), hypervisor.isMoving(serverId)]);
  if (isMoving) throw migrating();
  const note: HeldNote = { domain: serverId, hold, stage: 'noted', run, lateSeconds, clockOffsetMs };
  const key = keyOf(note);
  hands.add(key);
  try {
    await held.note(note);
    const guard = await renewable(parts, holding, lateSeconds).catch(async (error) => {
      await held.forget(serverId, hold);
      throw error;
    });
    const trouble: Trouble = { failed: false, slow: false, ours: true, deaf: false };
    return await guarded(parts, holding, note, guard, trouble, work).catch((error) => {
      throw hold === 'freeze' && (trouble.deaf || trouble.slow) ? freezeTimeout(error) : error;
    });
  } finally {
    hands.delete(key);
  }
}

interface Trouble {
  /** The hold was requested and not confirmed. */
  failed: boolean;
  /** Its hook was waited for up to the limit. */
  slow: boolean;
  /** If the server stands still, we may have caused it. */
  ours: boolean;
  /** The guest's agent does not answer: it is in its hook, and may freeze the guest at the end of that. */
  deaf: boolean;
}

/**
 * While a request of an earlier attempt may still take effect, or is not undone, its effect could not be told from
 * ours.
 */
async function refuseUnsettled({ held, hands, clock }: HoldParts, serverId: string, hold: Hold): Promise<void> {
  const kind = (one: HeldNote['hold']) => (one === 'memory' ? 'pause' : one);
  const isOurs = (one: Pick<HeldNote, 'domain' | 'hold'>) => one.domain === serverId && kind(one.hold) === kind(hold);
  const isInHand = () =>
    (['pause', 'memory', 'freeze'] as const).some(
      (one) => hands.has(keyOf({ domain: serverId, hold: one })) && isOurs({ domain: serverId, hold: one }),
    );
  // The watch may be looking at a hold that has just ended.
  for (let look = 0; isInHand() && look < HAND_LOOKS; look += 1) await clock.sleep(HAND_LOOK_MS);
  if (!isInHand() && !(await held.all()).some(isOurs)) return;
  throw new RewindError('instant.unsettled', {
    hint: 'The log of the agent on its host tells each minute what it waits for.',
  });
}

interface Outcome {
  at: string;
  holdingMs: number;
  pausedMs: number;
  stillHeld: boolean;
  snaps: SnapsEnd;
}

async function guarded(
  parts: HoldParts,
  holding: Holding,
  note: HeldNote,
  guard: RenewableGuard,
  trouble: Trouble,
  work: () => Promise<unknown>,
): Promise<Held> {
  const { held, clock, boundary = () => {} } = parts;
  const { serverId, hold, limitSeconds } = holding;
  const grip = await gripOf(parts, serverId);
  boundary(`${hold} guarded`);
  const now: Outcome = { at: '', holdingMs: 0, pausedMs: 0, stillHeld: false, snaps: { done: Promise.resolve() } };
  // Only what may still happen decides what the note says.
  let stage: HeldNote['stage'] = 'asked';
  const mark = (to: HeldNote['stage']) => {
    stage = to;
    held.mark(note, to);
  };
  const began = clock.monotonic();
  let stoodFrom = began;
  try {
    try {
      held.mark(note, 'asked');
      await guard.renewedWhile(hold, () => grip.hold(serverId, hold));
      mark('answered');
    } catch (error) {
      trouble.failed = true;
      trouble.slow = clock.monotonic() - began >= parts.freezeSeconds * 1_000;
      // Somebody else has paused it, or it has ended: that is not for us to undo.
      trouble.ours = !hasCode(error, 'hypervisor.not-running');
      if (!hasCode(error, 'hypervisor.timeout')) mark('answered');
      throw error;
    }
    boundary(`${hold} held`);
    now.holdingMs = Math.ceil(clock.monotonic() - began);
    if (hold === 'freeze' && now.holdingMs > QUICK_FREEZE_MS) stoodFrom = clock.monotonic();
    await guard.fix();
    now.at = iso(clock);
    now.snaps = await within(parts, work, limitSeconds * 1000 - MARGIN_MS - guard.ageMs());
    boundary(`${hold} snapped`);
  } catch (error) {
    // The command that saves the memory was cut off: it may still pause the domain by itself.
    if (!trouble.failed && hasCode(error, 'hypervisor.timeout')) mark('asked');
    throw error;
  } finally {
    try {
      now.stillHeld = await guard.renewedWhile(hold, () => letGo(parts, grip, holding, trouble));
      now.pausedMs = Math.ceil(clock.monotonic() - stoodFrom);
    } finally {
      await grip.drop();
    }
    await leave(parts, { ...note, stage }, guard, trouble);
  }
  // Even after the time limit, pending snaps are awaited, so that a late one cannot collide with the next attempt.
  await now.snaps.done;
  if (now.snaps.late) throw tooSlow();
  if (!now.stillHeld) throw letGoError();
  return { at: now.at, pausedMs: now.pausedMs, holdingMs: now.holdingMs };
}

/**
 * Removes the note when nothing of the hold is left and nothing can come later; otherwise the watch takes over, and the
 * guard stays.
 */
async function leave(parts: HoldParts, note: HeldNote, guard: Pick<Guard, 'disarm'>, { deaf }: Trouble) {
  const { held, log } = parts;
  const kept = { ...note, since: '', ageMs: 0 };
  // A domain that was resumed is known to run; only the guest's agent knows what became of a request to it.
  const known = note.hold !== 'freeze' && !isLate(kept);
  const look = known || deaf ? { over: known } : await settleHold(parts, kept).catch(() => ({ over: false }));
  if (!look.over) {
    log.warn('what was asked of a server is not yet undone: the watch has it', {
      server_id: note.domain,
      hold: note.hold,
    });
    return;
  }
  guard.disarm();
  await (parts.clocks ?? noClocks).noteBehind(note);
  await held.forget(note.domain, note.hold);
}

interface SnapsEnd {
  late?: boolean;
  done: Promise<unknown>;
}

/** Resolves when the work is done, or when the time is up before; rejects when the work fails. */
async function within({ clock }: HoldParts, work: () => Promise<unknown>, limitMs: number): Promise<SnapsEnd> {
  const stop = new AbortController();
  const done = work();
  const settled = done.then(
    () => undefined,
    () => undefined,
  );
  const limit = clock.sleep(Math.max(0, limitMs), stop.signal).then(
    () => true,
    () => false,
  );
  const late = await Promise.race([limit, done.then(() => false)]).finally(() => stop.abort());
  return { late, done: settled };
}

interface RenewableGuard extends Guard {
  /** While the guest's hooks are awaited, its time does not run out. */
  renewedWhile<T>(hold: Hold, work: () => Promise<T>): Promise<T>;
  /** From now on the limit runs, in full. */
  fix(): Promise<void>;
  ageMs(): number;
}

async function renewable(
  { hypervisor, held, clock, log }: HoldParts,
  { serverId, hold, limitSeconds: seconds }: Holding,
  lateSeconds: number,
): Promise<RenewableGuard> {
  const arm = () => hypervisor.guard(serverId, { hold, seconds, lateSeconds, witness: held.witness(serverId, hold) });
  let guard = await arm();
  let armedAt = clock.monotonic();
  const renew = async (): Promise<void> => {
    const next = await arm();
    guard.disarm();
    [guard, armedAt] = [next, clock.monotonic()];
  };
  const everyMs = (seconds * 1_000) / 2;
  return {
    disarm: () => guard.disarm(),
    ageMs: () => clock.monotonic() - armedAt,
    async fix() {
      if (clock.monotonic() - armedAt > QUICK_FREEZE_MS) await renew();
    },
    async renewedWhile(what, work) {
      if (what !== 'freeze') return work();
      const stop = new AbortController();
      const renewing = (async () => {
        for (;;) {
          await clock.sleep(everyMs, stop.signal);
          await renew().catch((err) => log.warn('no further guard', { server_id: serverId, err }));
        }
      })().catch(() => undefined);
      try {
        return await work();
      } finally {
        stop.abort();
        await renewing;
      }
    },
  };
}

/** The quick way where there is one; otherwise each call opens its own connection, to the same effect. */
const gripOf = ({ hypervisor, log }: HoldParts, serverId: string): Promise<Grip> =>
  hypervisor.grip(serverId).catch((error) => {
    log.warn('no open connection to the hypervisor', { server_id: serverId, err: error });
    return { ...hypervisor, drop: async () => {} };
  });

/** The server comes first: the release is tried again and again, each time in full; guard and watch stand behind us. */
async function letGo(parts: HoldParts, grip: Grip, { serverId, hold }: Holding, trouble: Trouble): Promise<boolean> {
  const { hypervisor, log } = parts;
  if (!trouble.ours) return false;
  if (trouble.failed && hold === 'freeze') {
    // While the agent is in its hook it hears nobody: that is for the watch. Otherwise its hooks are told of the end,
    // whatever they did.
    trouble.deaf = (await hypervisor.isFrozen(serverId).catch(() => null)) === null;
    if (trouble.deaf) return false;
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await (attempt === 1 ? grip : hypervisor).letGo(serverId, hold);
    } catch (error) {
      log.error('a held server was not let go', { server_id: serverId, hold, attempt, err: error });
      if (attempt === LET_GO_ATTEMPTS) throw error;
    }
  }
}

const iso = (clock: Clock): string => new Date(clock.now()).toISOString();

const freezeTimeout = (cause: unknown): RewindError => new RewindError('instant.freeze-timeout', { cause });

const migrating = (): RewindError => new RewindError('instant.migrating');

const tooSlow = (): RewindError => new RewindError('instant.too-slow');

export const letGoError = (): RewindError => new RewindError('instant.let-go');

import { asRewindError } from '../domain/errors.ts';
import type { KeptNote } from '../ports/held-domains.ts';
import type { Clock, Log } from '../ports/system.ts';
import type { Clocks } from './guest-clocks.ts';
import { keyOf, type Look, type SettleParts, settleHold } from './settle-hold.ts';

export interface WatchParts extends SettleParts {
  hands: Set<string>;
  clocks?: Pick<Clocks, 'mend' | 'noteBehind'>;
  clock: Clock;
  log: Log;
}

export interface HeldWatch {
  /** The first thing that a process does on a host: looks at each note once; no server waits for another one. */
  begin(): Promise<void>;
  /** Runs until `shutdown`, and tries for as long as it takes. Never rejects. */
  run(shutdown: AbortSignal): Promise<void>;
}

const LOOK_MS = 500;
/** A server that does not answer is asked less and less often. */
const PAUSES: readonly { upToMs: number; everyMs: number }[] = [
  { upToMs: 10 * 60_000, everyMs: 500 },
  { upToMs: 60 * 60_000, everyMs: 5_000 },
  { upToMs: Number.POSITIVE_INFINITY, everyMs: 30_000 },
];
const SAY_MS = 60_000;
const LOOKS_AT_ONCE = 32;
/** The agent serves its host even if one of its servers does not answer. */
const BEGIN_LIMIT_MS = 15_000;

interface Pending {
  sinceMs: number;
  nextMs: number;
  saidMs: number;
}

/**
 * Releases what a process of Rewind held when it died, or could not release: each server by itself, for as long as it
 * takes. The notes on the disk decide, so it does not matter which process wrote them.
 */
export function heldWatch(parts: WatchParts): HeldWatch {
  const { hypervisor, held, hands, clocks, clock, log } = parts;
  const pending = new Map<string, Pending>();
  let looking = 0;

  const lookAt = (note: KeptNote): Promise<Look> =>
    note.hold === 'clock'
      ? (clocks?.mend(note) ?? Promise.resolve({ over: true, why: 'nobody mends clocks' }))
      : settleHold(parts, note);

  const once = async (seen: KeptNote): Promise<void> => {
    const key = keyOf(seen);
    hands.add(key);
    looking += 1;
    try {
      // Since the reading, the holder may have released the server, or may hold it again.
      const note = (await held.all()).find((one) => keyOf(one) === key);
      if (!note) return;
      const look = await lookAt(note).catch((error): Look => {
        const { code, message } = asRewindError(error);
        return { over: false, why: `${code}: ${message}` };
      });
      if (look.over) await end(note, look);
      else later(note, look);
    } catch (err) {
      log.error('the watch over held servers stumbled', { server_id: seen.domain, hold: seen.hold, err });
    } finally {
      hands.delete(key);
      looking -= 1;
    }
  };

  const end = async (note: KeptNote, { why, letGo = false }: Look): Promise<void> => {
    if (note.hold !== 'clock') {
      await hypervisor.endGuards(note.domain, note.hold);
      if (note.stage !== 'noted') await clocks?.noteBehind(note);
    }
    pending.delete(keyOf(note));
    if (note.hold === 'clock') {
      // If it is held again meanwhile, its clock is behind again.
      const now = (await held.all()).find((one) => keyOf(one) === keyOf(note));
      if (now?.since === note.since) await held.forget(note.domain, note.hold);
      return;
    }
    await held.forget(note.domain, note.hold);
    log.warn('what was asked of a server is undone', {
      server_id: note.domain,
      hold: note.hold,
      was_held: letGo,
      why,
      since: note.since,
    });
  };

  const later = (note: KeptNote, { why }: Look): void => {
    const now = clock.monotonic();
    const one = pending.get(keyOf(note)) ?? { sinceMs: now, nextMs: now, saidMs: Number.NEGATIVE_INFINITY };
    const waitedMs = now - one.sinceMs;
    one.nextMs = now + (PAUSES.find(({ upToMs }) => waitedMs < upToMs)?.everyMs ?? LOOK_MS);
    if (now - one.saidMs >= SAY_MS) {
      one.saidMs = now;
      log.warn('a server may stand still: what was asked of it is not yet undone', {
        server_id: note.domain,
        hold: note.hold,
        waits_for: why,
        since: note.since,
        age_seconds: Number.isFinite(note.ageMs) ? Math.round(note.ageMs / 1_000) : null,
      });
    }
    pending.set(keyOf(note), one);
  };

  /** Looks at those that are due. */
  const round = async (): Promise<Promise<void>[]> => {
    const notes = await held.all();
    const kept = new Set(notes.map(keyOf));
    for (const key of pending.keys()) if (!kept.has(key)) pending.delete(key);
    const now = clock.monotonic();
    const due = notes.filter((note) => {
      const key = keyOf(note);
      return !hands.has(key) && (pending.get(key)?.nextMs ?? now) <= now;
    });
    return due.slice(0, Math.max(0, LOOKS_AT_ONCE - looking)).map(once);
  };

  return {
    async begin() {
      const limit = new AbortController();
      const looks = Promise.all(await round());
      await Promise.race([looks, clock.sleep(BEGIN_LIMIT_MS, limit.signal).catch(() => undefined)]);
      limit.abort();
    },
    async run(shutdown) {
      const looks = new Set<Promise<void>>();
      while (!shutdown.aborted) {
        try {
          for (const look of await round()) {
            looks.add(look);
            void look.then(() => looks.delete(look));
          }
        } catch (err) {
          log.error('cannot see what is held on this host', { err });
        }
        await clock.sleep(LOOK_MS, shutdown).catch(() => undefined);
      }
      await Promise.all(looks);
    },
  };
}

import { asRewindError } from '../domain/errors.ts';
import type { Turn } from '../ports/stores/turns.ts';
import { actingOnce } from './acting.ts';
import { dailyRetention } from './apply-retention.ts';
import { RunStarter } from './begin-runs.ts';
import { bringTimesBack } from './bring-times-back.ts';
import { followRuns } from './follow-runs.ts';
import { housekeeping } from './housekeeping.ts';
import type { SchedulerParts } from './parts.ts';
import { RunPlanner } from './plan-runs.ts';
import { watchProtection } from './watch-protection.ts';

/** In the table of turns. */
export const SCHEDULER = 'scheduler';
const HOUSEKEEPING_MS = 300_000;
const BRING_BACK_MS = 3_600_000;

/**
 * Until `shutdown`: plans, begins and follows what policies want. Any number of workers may do it; one at a time looks, so
 * that bounds hold, and should two do, each run begins once all the same. All it knows is in the database: it may die at any instant, and
 * Redis may forget everything.
 */
export async function runScheduler(parts: SchedulerParts, shutdown: AbortSignal): Promise<void> {
  const { clock, log } = parts.deps;
  const looking = looker(parts);
  while (!shutdown.aborted) {
    try {
      await looking();
    } catch (error) {
      log.warn('could not look after policies, trying again', { err: asRewindError(error) });
    }
    await clock.sleep(parts.settings.lookMs, shutdown).catch(() => undefined);
  }
}

/** One look of one process. */
export function looker(parts: SchedulerParts): () => Promise<void> {
  const mine = turnTaker(parts);
  const starter = new RunStarter(parts);
  const planner = new RunPlanner(parts);
  let cleanAtMs = 0;
  let backAtMs = 0;
  return async () => {
    if (!(await mine())) return;
    const acting = actingOnce(parts.deps);
    await followRuns(parts, acting);
    await planner.plan(acting);
    await starter.begin(acting);
    await dailyRetention(parts, acting);
    const now = parts.deps.clock.monotonic();
    if (now >= backAtMs) {
      backAtMs = now + BRING_BACK_MS;
      // By one that is behind, every time would be late.
      if (parts.isClockRight?.() ?? true) await bringTimesBack(parts);
    }
    if (now < cleanAtMs) return;
    cleanAtMs = now + HOUSEKEEPING_MS;
    await housekeeping(parts);
    await watchProtection(parts);
  };
}

/** Whether this process is the one to look. Silence is measured by our own clock. */
function turnTaker({ turns, deps: { clock }, name, settings }: SchedulerParts): () => Promise<boolean> {
  let other: { turn: Turn; sinceMs: number } | undefined;
  return async () => {
    const turn = await turns.look(SCHEDULER);
    if (turn !== undefined && turn.holder !== name) {
      const now = clock.monotonic();
      if (other?.turn.holder !== turn.holder || other.turn.beat !== turn.beat) other = { turn, sinceMs: now };
      if (now - other.sinceMs < settings.leaseMs) return false;
    }
    return await turns.take(SCHEDULER, turn, name);
  };
}

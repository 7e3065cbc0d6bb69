import type { PeriodicJob } from '../periodic/periodic-job.ts';
import { actingOnce } from './acting.ts';
import { dailyRetention } from './apply-retention.ts';
import { RunStarter } from './begin-runs.ts';
import { bringTimesBack } from './bring-times-back.ts';
import { followRuns } from './follow-runs.ts';
import { housekeeping } from './housekeeping.ts';
import type { SchedulerParts } from './parts.ts';
import { RunPlanner } from './plan-runs.ts';
import { watchProtection } from './watch-protection.ts';

/** Its name in the table of turns. */
export const SCHEDULER = 'scheduler';
const HOUSEKEEPING_MS = 300_000;
const BRING_BACK_MS = 3_600_000;

/**
 * Plans, begins and follows what policies want. Any number of workers may run it; one at a time looks, so that limits
 * hold, and if two do, each run still begins only once. All that it knows is in the database: it may die at any
 * instant, and Redis may forget everything.
 */
export const scheduler = (parts: SchedulerParts): PeriodicJob => ({
  name: SCHEDULER,
  after: 'policies',
  everyMs: parts.settings.lookMs,
  turn: { silentMs: parts.settings.leaseMs },
  look: looker(parts),
});

/** One look of the process whose turn it is. */
export function looker(parts: SchedulerParts): () => Promise<void> {
  const starter = new RunStarter(parts);
  const planner = new RunPlanner(parts);
  let cleanAtMs = 0;
  let backAtMs = 0;
  return async () => {
    const acting = actingOnce(parts.deps);
    await followRuns(parts, acting);
    await planner.plan(acting);
    await starter.begin(acting);
    await dailyRetention(parts, acting);
    const now = parts.deps.clock.monotonic();
    if (now >= backAtMs) {
      backAtMs = now + BRING_BACK_MS;
      // If this clock is behind, every time would seem too late.
      if (parts.isClockRight?.() ?? true) await bringTimesBack(parts);
    }
    if (now < cleanAtMs) return;
    cleanAtMs = now + HOUSEKEEPING_MS;
    await housekeeping(parts);
    await watchProtection(parts);
  };
}

import { dayOf, dueShares } from '../../domain/targets/verify-share.ts';
import { eachByItself } from '../../periodic/each-by-itself.ts';
import type { PeriodicJob } from '../../periodic/periodic-job.ts';
import { isMarked, type ReadShareParts, readShare } from '../../workflows/steps/backup/read-share.ts';

const LOOK_EVERY_MS = 300_000;
/** A worker that recorded nothing for this long is taken for dead; reading one run takes less. */
const SILENT_MS = 6 * 3_600_000;

export interface ScrubParts extends ReadShareParts {
  /** Number of days in which everything is read once; 0: never. */
  days: number;
}

/** Reads back what is due on each target. Any number of workers may do it; only one at a time works on a share. */
export function scrub(parts: ScrubParts): PeriodicJob[] {
  const { world, days, log } = parts;
  if (days === 0) return [];
  const told = (target: string) => ({ trouble: 'a share of a target was not read back', target });
  const look = (over: AbortSignal) =>
    eachByItself(log, over, world.targets.names, told, (target) => verifyDue(parts, target, over));
  return [{ name: 'scrub', after: 'shares that are due', everyMs: LOOK_EVERY_MS, look }];
}

/** Reads all shares of a target that are due and that nobody else works on. */
export async function verifyDue(parts: ScrubParts, target: string, shutdown: AbortSignal): Promise<void> {
  const { world, shares, days, worker } = parts;
  // An empty directory must not be taken for a target that lost everything.
  if (!(await isMarked(world, target))) return;
  const today = dayOf(world.clock.now());
  const began = await shares.began(target, days, today);
  for (const { share, day } of dueShares(await shares.list(target, days), days, began, today)) {
    const silentSince = new Date(world.clock.now() - SILENT_MS).toISOString();
    const claimed = await shares.claim({ target, shares: days, share, day }, worker, silentSince);
    if (claimed) await readShare(parts, claimed, shutdown);
    shutdown.throwIfAborted();
  }
}

import { dayOf, dueShares } from '../../domain/targets/verify-share.ts';
import { eachByItself, lookEvery } from '../../periodic/look-every.ts';
import { isMarked, type ReadShareParts, readShare } from '../../workflows/steps/backup/read-share.ts';

const LOOK_EVERY_MS = 300_000;
/** Who noted nothing for so long is taken for dead; longer than one run takes to be read. */
const SILENT_MS = 6 * 3_600_000;

export interface VerifySharesParts extends ReadShareParts {
  /** Days after which everything was read once; 0: never. */
  days: number;
}

/** Until `shutdown`: reads back what is due on each target. Any number of workers; one at a time is at a share. */
export async function verifyShares(parts: VerifySharesParts, shutdown: AbortSignal): Promise<void> {
  const { world, days, log } = parts;
  if (days === 0) return;
  const looking = { clock: world.clock, log, shutdown };
  const told = (target: string) => ({ trouble: 'a share of a target was not read back', target });
  await lookEvery(looking, { everyMs: LOOK_EVERY_MS, after: 'shares that are due' }, () =>
    eachByItself(looking, world.targets.names, told, (target) => verifyDue(parts, target, shutdown)),
  );
}

/** All shares of a target that are due and that nobody else is at. */
export async function verifyDue(parts: VerifySharesParts, target: string, shutdown: AbortSignal): Promise<void> {
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

import type { RunRef } from '../../../archive/manifests/manifest.ts';
import { readTargetInfo } from '../../../archive/manifests/target-info.ts';
import { shareOf } from '../../../archive/runs/share-of.ts';
import { verifyRun } from '../../../archive/runs/verify-run.ts';
import { asRewindError, RewindError } from '../../../domain/errors.ts';
import { byText } from '../../../domain/order.ts';
import { saysBad } from '../../../domain/points/backup.ts';
import type { VerifyShare } from '../../../domain/targets/verify-share.ts';
import type { Chains, ServerChain } from '../../../ports/stores/chains.ts';
import type { VerifyShares } from '../../../ports/stores/verify-shares.ts';
import type { Log } from '../../../ports/system.ts';
import { trustedManifest } from '../../lookups/trusted-manifest.ts';
import type { World } from '../../world.ts';
import { markBad, markNeeding } from './mark-bad.ts';

export interface ReadShareParts {
  world: Pick<World, 'targets' | 'catalogue' | 'manifestCopies' | 'manifestKey' | 'keys' | 'clock' | 'settings'>;
  chains: Chains;
  shares: VerifyShares;
  /** Name of this worker. */
  worker: string;
  log: Log;
}

/** Whether the target was used before, and is there. */
export const isMarked = async ({ targets, manifestKey }: ReadShareParts['world'], target: string): Promise<boolean> =>
  (await readTargetInfo(targets.get(target), manifestKey)) !== undefined;

interface Needed extends ServerChain {
  run: RunRef;
}

/** Reads back the rest of a share, and marks the backups that need what is bad. */
export async function readShare(parts: ReadShareParts, claimed: VerifyShare, shutdown: AbortSignal): Promise<void> {
  const { world, shares, worker, log } = parts;
  const { target, share } = claimed;
  let now = claimed;
  for (const needed of await runsOfShare(parts, claimed)) {
    if (needed.run.object <= now.after) continue;
    shutdown.throwIfAborted();
    const began = world.clock.monotonic();
    const good = await readBack(parts, needed, shutdown);
    const { object, stored_bytes: bytes } = needed.run;
    now = { ...now, after: object, objects: now.objects + 1, bytes: now.bytes + bytes, bad: now.bad + (good ? 0 : 1) };
    if (!(await shares.note(now, worker))) return;
    await pause(world, bytes, world.clock.monotonic() - began, shutdown);
  }
  now = { ...now, done: true };
  if (await shares.note(now, worker))
    log.info('a share of a target was read back', { target, share, ...counts(now), of: claimed.shares });
}

const counts = ({ objects, bytes, bad }: VerifyShare) => ({ objects, bytes, bad });

/** Reads all manifests; yields each run of this share once, in order of name. */
async function runsOfShare({ world, chains, log }: ReadShareParts, { target, shares, share }: VerifyShare) {
  const needed = new Map<string, Needed>();
  for (const chain of await chains.all()) {
    if (chain.target !== target) continue;
    for (const backup of await world.catalogue.backupsOfServer(chain.serverId, chain.projectId)) {
      if (backup.status !== 'available' || backup.target !== target) continue;
      try {
        const { disks } = await trustedManifest(world, backup);
        for (const run of disks.flatMap((disk) => disk.runs))
          if (shareOf(run.object, shares) === share) needed.set(run.object, { ...chain, run });
      } catch (error) {
        const bad = asRewindError(error);
        if (!saysBad(bad.code)) throw error;
        // It may have been deleted since it was listed.
        const row = await world.catalogue.backup(backup.id, backup.project_id);
        if (row?.status !== 'available') continue;
        await markBad(world, row, bad);
        log.error('the manifest of a backup is bad', { backup_id: backup.id, err: bad });
      }
    }
  }
  return [...needed.values()].sort((one, other) => byText(one.run.object, other.run.object));
}

async function readBack(
  { world, log }: ReadShareParts,
  { run, ...place }: Needed,
  shutdown: AbortSignal,
): Promise<boolean> {
  try {
    await verifyRun(world.targets.get(place.target), run, world.keys, undefined, shutdown);
    return true;
  } catch (error) {
    if (!(error instanceof RewindError) || !saysBad(error.code)) throw error;
    // Nobody needs it any more: it was merged with others, or its backups were deleted.
    return (await markNeeding(world, place, run.object, error, { log })).length === 0;
  }
}

/** Leaves others time to read and write. */
async function pause({ clock, settings }: ReadShareParts['world'], bytes: number, tookMs: number, signal: AbortSignal) {
  if (settings.maxBytesPerSecond === 0) return;
  const shouldTakeMs = (bytes / settings.maxBytesPerSecond) * 1000;
  if (shouldTakeMs > tookMs) await clock.sleep(shouldTakeMs - tookMs, signal);
}

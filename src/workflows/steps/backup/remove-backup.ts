import { requireRuns } from '../../../archive/manifests/adopt-manifest.ts';
import { openManifest } from '../../../archive/manifests/manifest.ts';
import {
  findManifest,
  removeManifest as removeManifestObject,
  writeManifest,
} from '../../../archive/manifests/manifests.ts';
import { LetGo } from '../../../workflow-engine/signals.ts';
import type { DeletePlan } from '../../planning/plan-delete.ts';
import type { RecipeStep, World } from '../../world.ts';
import { owingSnap, ownBases } from '../image/unneeded-image.ts';
import { orOwe } from './owe.ts';

/** Without its manifest the backup does not exist; everything after this only cleans up. */
export const removeManifest: RecipeStep<{ backupId: string; plan: DeletePlan }, null> = {
  name: 'remove-manifest',
  async act(context, { backupId, plan }) {
    await context.proveLease();
    const { projectId, serverId } = plan;
    await removeManifestObject(context.world.targets.get(plan.target), { projectId, serverId, backupId });
    return null;
  },
  /**
   * For a cancel that was noticed right after it: the backup is brought back from the database's copy of its manifest.
   */
  async undo({ world, log, proveLease }, { backupId, plan }, output) {
    // It may have been removed by a worker that died before it wrote that down.
    if (output === undefined && !(await isGone(world, backupId, plan))) return;
    const copy = await world.manifestCopies.find(backupId);
    if (copy === undefined) return log.error('no copy of a removed manifest is left', { backup_id: backupId });
    const target = world.targets.get(plan.target);
    const manifest = openManifest(Buffer.from(copy, 'utf8'), world.manifestKey, 'the copy in the database');
    await requireRuns(target, manifest);
    await proveLease();
    await writeManifest(target, manifest, world.manifestKey);
  },
};

/** One look. A target that is away keeps nobody waiting a second time: then nothing is known, and nothing is done. */
async function isGone({ targets, manifestKey }: World, backupId: string, plan: DeletePlan): Promise<boolean> {
  const { projectId, serverId, target } = plan;
  try {
    return (await findManifest(targets.get(target), { projectId, serverId, backupId }, manifestKey)) === undefined;
  } catch {
    return false;
  }
}

/** Tried once. Runs that remain are named by no manifest: the sweep of the target removes them, counted from now. */
export const removeRuns: RecipeStep<DeletePlan, null> = {
  name: 'remove-runs',
  async act(context, { target: name, serverId, runs }) {
    const { clock, condemnedRuns, targets } = context.world;
    let removed = 0;
    try {
      const target = targets.get(name);
      for (const run of runs) {
        await context.proveLease();
        await target.remove(run);
        removed += 1;
        context.boundary('removed-run');
      }
    } catch (error) {
      context.signal.throwIfAborted();
      if (error instanceof LetGo) throw error;
      context.log.warn('runs of a deleted backup are left to the sweep', { target: name, err: error });
      await condemnedRuns.condemn(name, serverId, runs.slice(removed), new Date(clock.now()).toISOString());
    }
    return null;
  },
};

/** The snap would only take space: without the manifest nothing can build on it. */
export const removeSnaps: RecipeStep<DeletePlan, null> = {
  name: 'remove-snaps',
  async act(context, plan) {
    // An imported backup was made by another installation, which may build on its snap.
    if ((await ownBases(context.world, [plan.snap])).length === 0) return null;
    for (const image of plan.images) {
      await context.proveLease();
      const { ceph } = context.world;
      const info = await ceph.imageInfo(image);
      if (!info) continue;
      const owing = owingSnap({ pool: image.pool, imageId: info.id, snap: plan.snap });
      await orOwe(context, owing, () => ceph.removeSnap(image, plan.snap));
      context.boundary('removed-snap');
    }
    return null;
  },
};

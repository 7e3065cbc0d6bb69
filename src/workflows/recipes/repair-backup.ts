import { runObject } from '../../archive/format/layout.ts';
import type { Manifest, RunRef } from '../../archive/manifests/manifest.ts';
import { writeManifest } from '../../archive/manifests/manifests.ts';
import { writeRun } from '../../archive/runs/write-run.ts';
import { RewindError } from '../../domain/errors.ts';
import type { Workflow } from '../../workflow-engine/workflow.ts';
import { throttled } from '../lookups/throttle.ts';
import { findTrusted } from '../lookups/trusted-manifest.ts';
import { type BadDisk, manifestOrCopy, planRepair, type RepairBackupInput } from '../planning/plan-repair.ts';
import { keepManifestCopy } from '../steps/backup/keep-manifest-copy.ts';
import { verifyMerged } from '../steps/backup/merge-disk.ts';
import { notedRun } from '../steps/backup/noted-run.ts';
import { removeSupersededManifests } from '../steps/backup/remove-superseded.ts';
import { bringBack } from '../steps/image/bring-back.ts';
import type { RecipeStep, World } from '../world.ts';

interface ExportAgainInput extends BadDisk {
  serverId: string;
  target: string;
}

interface DescribeRepairedInput {
  backupId: string;
  target: string;
  generation: number;
  repaired: { diskId: string; run: RunRef }[];
}

/**
 * Exports the whole disk once more, from the snap that the backup was made from. Old runs stay as they are: others may
 * need them.
 */
const exportAgain: RecipeStep<ExportAgainInput, RunRef> = {
  name: 'export-again',
  async find(context, { target }) {
    const run = await notedRun(context, target);
    return run && refOf(run);
  },
  async act(context, { serverId, diskId, target: name, image, snap }) {
    const { world, operation, signal, fence } = context;
    const target = world.targets.get(name);
    const key = await world.keys.current(target, operation.project_id);
    const source = world.ceph.exportDiff(image, snap, undefined, signal);
    const stream = throttled(source.stream, world.settings.maxBytesPerSecond, world.clock, signal);
    const run = await writeRun({
      ...{ source: { ...source, stream }, expect: { fromSnap: null, toSnap: snap }, target, key, signal },
      object: runObject({ projectId: operation.project_id, serverId, diskId }, operation.id, fence),
      level: world.settings.zstdLevel,
      onSealed: (sealed) => context.note(sealed),
      onProgress: (bytes) => context.progress.add(bytes),
    });
    return refOf(run);
  },
};

/** From now on the backup names the new runs. */
const describeRepaired: RecipeStep<DescribeRepairedInput, null> = {
  name: 'describe-repaired',
  async act(context, { backupId, target, generation, repaired }) {
    const { world, operation, signal } = context;
    const backup = await world.catalogue.backup(backupId, operation.project_id);
    if (!backup) throw new RewindError('backup.not-found', `There is no backup ${backupId}.`);
    if (repaired.length === 0 && (await findTrusted(world, backup).catch(() => undefined))) return null;
    const manifest = await manifestOrCopy(world, backup);
    const news = new Map(repaired.map(({ diskId, run }) => [diskId, run]));
    const named = (run: RunRef) => manifest.disks.some((disk) => disk.runs.some((one) => one.object === run.object));
    // A killed worker had written it already.
    if (manifest.generation === generation && [...news.values()].every(named)) return null;
    const disks = manifest.disks.map((disk) => {
      const run = news.get(disk.id);
      return run ? { ...disk, runs: [run] } : disk;
    });
    const next: Manifest = { ...manifest, generation, disks };
    await context.proveLease();
    await writeManifest(world.targets.get(target), next, world.manifestKey, signal);
    return null;
  },
};

const refOf = ({ object, footer_sha256, size_bytes, stored_bytes }: RunRef): RunRef => ({
  object,
  footer_sha256,
  size_bytes,
  stored_bytes,
});

/**
 * Repairs a bad backup, from another target or from the snap it was made from. Until its new manifest is written, it
 * stays as it was.
 */
export const repairBackup: Workflow<World> = {
  name: 'repair-backup/1',
  steps: [
    planRepair,
    bringBack,
    exportAgain,
    verifyMerged,
    describeRepaired,
    removeSupersededManifests,
    keepManifestCopy,
  ],

  async run(run, given) {
    const { backup_id: backupId } = given as RepairBackupInput;
    const { serverId, target, generation, disks, lost } = await run.step(planRepair, { backup_id: backupId });
    await run.each(lost, bringBack, { key: ({ run: one }) => one.object, input: (one) => ({ ...one, to: target }) });
    const byDisk = { key: (disk: BadDisk) => disk.diskId, parallel: run.world.settings.disksInParallel };
    const runs = await run.each(disks, exportAgain, { ...byDisk, input: (disk) => ({ ...disk, serverId, target }) });
    const repaired = disks.map((disk, n) => ({ diskId: disk.diskId, run: runs[n] as RunRef }));
    await run.each(repaired, verifyMerged, {
      key: (one) => one.diskId,
      input: ({ run: one }) => ({ target, run: one }),
    });
    await run.pointOfNoReturn();
    await run.step(describeRepaired, { backupId, target, generation, repaired });
    await run.step(removeSupersededManifests, { backupId, serverId, target });
    await run.step(keepManifestCopy, { backupId, serverId, target });
    return { backup: { id: backupId, change: { status: 'available', fail_code: null, fail_reason: null } } };
  },

  /** The backup is as bad as before. */
  ended: () => ({}),
};

import type { RunSummary } from '../../archive/runs/write-run.ts';
import type { Backup } from '../../domain/points/backup.ts';
import type { Instant } from '../../domain/points/instant.ts';
import type { Workflow } from '../../workflow-engine/workflow.ts';
import { unmade } from '../ended.ts';
import { lookAtBases } from '../lookups/look-at-bases.ts';
import { type BackupPlan, type CreateBackupInput, planBackup } from '../planning/plan-backup.ts';
import { exportDisk } from '../steps/backup/export-disk.ts';
import { keepManifestCopy } from '../steps/backup/keep-manifest-copy.ts';
import { writeManifest } from '../steps/backup/write-manifest.ts';
import { dropOldSnaps } from '../steps/image/drop-old-snaps.ts';
import { snapDisks } from '../steps/image/snap-disks.ts';
import type { World } from '../world.ts';

/** Snaps every disk of a server at once and copies all of them to a target. */
export const createBackup: Workflow<World> = {
  name: 'create-backup/1',
  steps: [planBackup, snapDisks, exportDisk, writeManifest, dropOldSnaps, keepManifestCopy, lookAtBases],

  async run(run, given) {
    const input = given as CreateBackupInput;
    const plan = await run.step(planBackup, input);
    const snap = plan.disks[0]?.snap ?? '';
    const images = plan.disks.map((disk) => disk.image);
    const volumes = plan.disks.flatMap(({ volume, image }) => (volume ? [{ volumeId: volume.id, image }] : []));
    const planned = plan.disks.flatMap(({ image, imageId }) => (imageId === undefined ? [] : [{ image, imageId }]));
    const taking = { serverId: input.server_id, snap, images, volumes, planned };
    const instant = await run.step(snapDisks, { ...taking, wanted: input.consistency });
    const runs = await run.each(plan.disks, exportDisk, {
      key: (disk) => disk.id,
      parallel: run.world.settings.disksInParallel,
      input: (disk) => ({
        diskId: disk.id,
        serverId: input.server_id,
        backupId: input.backup_id,
        target: input.target,
        image: disk.image,
        snap: disk.snap,
        fromSnap: disk.base?.snap ?? null,
      }),
    });
    const written = await run.step(writeManifest, {
      backupId: input.backup_id,
      serverId: input.server_id,
      target: input.target,
      instant,
      plan,
      runs,
    });
    await run.pointOfNoReturn();
    await run.each(plan.disks, dropOldSnaps, {
      key: (disk) => disk.id,
      input: ({ image, snap: keep }) => ({ image, keep }),
    });
    await run.step(keepManifestCopy, { backupId: input.backup_id, serverId: input.server_id, target: input.target });
    const baseIds = [...new Set(plan.disks.flatMap((disk) => disk.base?.backupId ?? []))];
    const bad = baseIds.length > 0 ? await run.step(lookAtBases, { serverId: input.server_id, baseIds }) : null;
    const change = { ...published(plan, runs, instant, written), ...(bad && { ...bad, status: 'error' as const }) };
    return { backup: { id: input.backup_id, change } };
  },

  ended: (operation, failure) => ({
    backup: {
      id: operation.resource_id,
      change: unmade(failure),
    },
  }),
};

function published(
  plan: BackupPlan,
  runs: RunSummary[],
  instant: Instant,
  written: { changedBytes: number; storedBytes: number },
): Partial<Backup> {
  const disks = plan.disks.map((disk, index) => ({
    id: disk.id,
    kind: disk.kind,
    volume_id: disk.volume?.id ?? null,
    device: disk.device,
    boot_index: disk.bootIndex,
    size_bytes: runs[index]?.size_bytes ?? disk.sizeBytes,
    changed_bytes: runs[index]?.changed_bytes ?? 0,
    stored_bytes: runs[index]?.stored_bytes ?? 0,
    incremental: disk.base !== null,
    full_reason: disk.fullReason,
  }));
  const base = plan.disks.find((disk) => disk.base !== null)?.base ?? null;
  return {
    status: 'available',
    server_name: plan.serverName,
    incremental: base !== null,
    base_backup_id: base?.backupId ?? null,
    consistency: instant.consistency,
    paused_ms: instant.pausedMs,
    data_timestamp: instant.at,
    size_bytes: disks.reduce((sum, disk) => sum + disk.size_bytes, 0),
    changed_bytes: written.changedBytes,
    stored_bytes: written.storedBytes,
    disks,
  };
}

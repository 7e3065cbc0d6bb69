import type { Manifest, ManifestDisk, RunRef } from '../../../archive/manifests/manifest.ts';
import { findManifest, writeManifest as putManifest, removeManifest } from '../../../archive/manifests/manifests.ts';
import type { RunSummary } from '../../../archive/runs/write-run.ts';
import { RewindError } from '../../../domain/errors.ts';
import type { Backup } from '../../../domain/points/backup.ts';
import type { Instant } from '../../../domain/points/instant.ts';
import { describeDisk } from '../../lookups/describe-disk.ts';
import type { BackupPlan, PlannedDisk } from '../../planning/plan-backup.ts';
import type { RecipeStep, World } from '../../world.ts';

export interface WriteManifestInput {
  backupId: string;
  serverId: string;
  target: string;
  instant: Instant;
  plan: BackupPlan;
  runs: RunSummary[];
}

/** With this document the backup exists. */
export const writeManifest: RecipeStep<WriteManifestInput, { changedBytes: number; storedBytes: number }> = {
  name: 'write-manifest',
  async find(context, input) {
    const { world, operation } = context;
    const ids = { projectId: operation.project_id, serverId: input.serverId, backupId: input.backupId };
    const manifest = await findManifest(world.targets.get(input.target), ids, world.manifestKey);
    return manifest && { changedBytes: manifest.backup.changed_bytes, storedBytes: manifest.backup.stored_bytes };
  },
  async act(context, input) {
    const { world, operation } = context;
    const backup = await world.catalogue.backup(input.backupId, operation.project_id);
    if (!backup) throw new RewindError('backup.not-found', 'The backup is gone from the catalogue.', { fault: 'bug' });
    const manifest = await manifestOf(world, backup, input);
    await context.proveLease();
    await putManifest(world.targets.get(input.target), manifest, world.manifestKey);
    return { changedBytes: manifest.backup.changed_bytes, storedBytes: manifest.backup.stored_bytes };
  },
  async undo(context, input) {
    const { world, operation } = context;
    const ids = { projectId: operation.project_id, serverId: input.serverId, backupId: input.backupId };
    await removeManifest(world.targets.get(input.target), ids);
  },
};

async function manifestOf(world: World, backup: Backup, input: WriteManifestInput): Promise<Manifest> {
  const disks = input.plan.disks.map((disk, index) => diskOf(disk, input.runs[index] as RunSummary));
  const sum = (pick: (disk: ManifestDisk) => number) => disks.reduce((total, disk) => total + pick(disk), 0);
  const base = input.plan.disks.find((disk) => disk.base !== null)?.base ?? null;
  return {
    format: 'rewind-manifest/1',
    backup: {
      id: backup.id,
      project_id: backup.project_id,
      user_id: backup.user_id,
      server_id: backup.server_id,
      server_name: input.plan.serverName,
      name: backup.name,
      description: backup.description,
      created_at: backup.created_at,
      data_timestamp: input.instant.at,
      incremental: base !== null,
      base_backup_id: base?.backupId ?? null,
      consistency: input.instant.consistency,
      paused_ms: input.instant.pausedMs,
      metadata: backup.metadata,
      size_bytes: sum((disk) => disk.size_bytes),
      changed_bytes: sum((disk) => disk.changed_bytes),
      stored_bytes: sum((disk) => disk.stored_bytes),
    },
    server: { ...input.plan.environment },
    disks,
    written_by: { rewind: world.release, ceph: await world.ceph.version() },
  };
}

function diskOf(disk: PlannedDisk, run: RunSummary): ManifestDisk {
  return {
    ...describeDisk(disk),
    size_bytes: run.size_bytes,
    snap: disk.snap,
    incremental: disk.base !== null,
    base_backup_id: disk.base?.backupId ?? null,
    full_reason: disk.fullReason,
    changed_bytes: run.changed_bytes,
    stored_bytes: run.stored_bytes,
    runs: [refOf(run), ...(disk.base?.runs ?? [])],
  };
}

const refOf = (run: RunSummary): RunRef => ({
  object: run.object,
  footer_sha256: run.footer_sha256,
  size_bytes: run.size_bytes,
  stored_bytes: run.stored_bytes,
});

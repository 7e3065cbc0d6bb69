import type { DiskCopy } from '../../../archive/manifests/copy-plan.ts';
import type { Manifest, ManifestDisk } from '../../../archive/manifests/manifest.ts';
import { findManifest, removeManifest, writeManifest } from '../../../archive/manifests/manifests.ts';
import { openChain } from '../../../archive/runs/chain.ts';
import { RewindError } from '../../../domain/errors.ts';
import type { Backup } from '../../../domain/points/backup.ts';
import { trustedManifest } from '../../lookups/trusted-manifest.ts';
import type { CopyBackupInput } from '../../planning/plan-copy.ts';
import type { RecipeStep, World } from '../../world.ts';

export interface DescribeCopyInput extends CopyBackupInput {
  disks: DiskCopy[];
}

/** With this document the copy exists: a backup of its own, which needs nothing of the first target. */
export const describeCopy: RecipeStep<DescribeCopyInput, Manifest['backup'] & { disks: ManifestDisk[] }> = {
  name: 'describe-copy',
  async find({ world, operation }, { backup_id: backupId, server_id: serverId, target }) {
    const ids = { projectId: operation.project_id, serverId, backupId };
    const found = await findManifest(world.targets.get(target), ids, world.manifestKey);
    return found && { ...found.backup, disks: found.disks };
  },
  async act(context, input) {
    const { world, operation } = context;
    const rowOf = async (id: string): Promise<Backup> => {
      const row = await world.catalogue.backup(id, operation.project_id);
      if (row) return row;
      throw new RewindError('backup.not-found', 'The backup is gone from the catalogue.', { fault: 'bug' });
    };
    const manifest = manifestOf(
      await trustedManifest(world, await rowOf(input.source_id)),
      await rowOf(input.backup_id),
      input,
      world,
    );
    const target = world.targets.get(input.target);
    for (const disk of manifest.disks) await openChain(target, disk.runs, world.keys);
    await context.proveLease();
    await writeManifest(target, manifest, world.manifestKey);
    return { ...manifest.backup, disks: manifest.disks };
  },
  async undo({ world, operation }, { backup_id: backupId, server_id: serverId, target }) {
    await removeManifest(world.targets.get(target), { projectId: operation.project_id, serverId, backupId });
  },
};

function manifestOf(source: Manifest, copy: Backup, { disks: planned }: DescribeCopyInput, world: World): Manifest {
  const { generation: _, ...same } = source;
  const disks = source.disks.map((disk): ManifestDisk => {
    const plan = planned.find((one) => one.diskId === disk.id);
    if (!plan) throw new RewindError('archive.bad-manifest', 'The backup has other disks now.');
    return {
      ...disk,
      incremental: plan.shared.length > 0,
      base_backup_id: plan.sharedWith,
      full_reason: null,
      stored_bytes: plan.copy.reduce((sum, run) => sum + run.stored_bytes, 0),
      runs: [...plan.copy, ...plan.shared],
    };
  });
  const base = disks.find((disk) => disk.base_backup_id !== null)?.base_backup_id ?? null;
  return {
    ...same,
    backup: {
      ...source.backup,
      id: copy.id,
      copy_of: source.backup.id,
      user_id: copy.user_id,
      name: copy.name,
      description: copy.description,
      metadata: copy.metadata,
      created_at: copy.created_at,
      incremental: base !== null,
      base_backup_id: base,
      stored_bytes: disks.reduce((sum, disk) => sum + disk.stored_bytes, 0),
    },
    disks,
    written_by: { ...source.written_by, rewind: world.release },
  };
}

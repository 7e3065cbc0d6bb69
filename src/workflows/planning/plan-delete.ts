import { runsPrefix } from '../../archive/format/layout.ts';
import type { Manifest } from '../../archive/manifests/manifest.ts';
import { manifestsOfServer, runsNeeded } from '../../archive/manifests/manifests.ts';
import { RewindError } from '../../domain/errors.ts';
import { backupSnapName, LOCAL_DISKS, localDiskId, localImageName } from '../../domain/names.ts';
import type { ImageRef } from '../../domain/points/disk.ts';
import { volumeImageOf } from '../lookups/locate-disks.ts';
import { unlistedNeeds } from '../steps/backup/unlisted-backups.ts';
import type { RecipeStep, World } from '../world.ts';

export interface DeleteBackupInput {
  backup_id: string;
}

export interface DeletePlan {
  projectId: string;
  serverId: string;
  target: string;
  snap: string;
  /** Runs that no other backup needs. */
  runs: string[];
  /** Images that may carry the backup's snap. */
  images: ImageRef[];
}

/**
 * Determines what only this backup needs. The needs of others are read from their manifests, never counted; for those
 * that the target does not list, from the database's copies.
 */
export const planDelete: RecipeStep<DeleteBackupInput, DeletePlan> = {
  name: 'plan-delete',
  async act(context, input) {
    const { world, operation } = context;
    const backup = await world.catalogue.backup(input.backup_id, operation.project_id);
    if (!backup) throw new RewindError('backup.not-found', `There is no backup ${input.backup_id}.`);
    const target = world.targets.get(backup.target);
    const place = { projectId: backup.project_id, serverId: backup.server_id };
    const diskIds = new Set(backup.disks.map((disk) => disk.id));
    const own = new Set<string>();
    const others: Manifest[] = [];
    const listed = new Set([backup.id]);
    let unreadable = false;
    for await (const found of manifestsOfServer(target, world.manifestKey, place)) {
      const manifest = 'manifest' in found ? found.manifest : undefined;
      listed.add(found.ids.backupId);
      if (found.ids.backupId !== backup.id) {
        if (manifest) others.push(manifest);
        else unreadable = true;
      } else {
        for (const disk of manifest?.disks ?? []) diskIds.add(disk.id);
        for (const run of runsNeeded(manifest ? [manifest] : [])) own.add(run);
      }
    }
    const unlisted = await unlistedNeeds(world, { ...place, target: backup.target }, listed);
    if (unlisted.unknown !== null) unreadable = true;
    const needed = runsNeeded(others).union(unlisted.runs);
    for (const diskId of diskIds) {
      const prefix = runsPrefix({ ...place, diskId });
      for await (const object of target.list(prefix)) if (object.startsWith(`${prefix}${backup.id}.`)) own.add(object);
    }
    return {
      ...place,
      target: backup.target,
      snap: backupSnapName(backup.id),
      // If a backup is damaged, its needs are unknown: then only the manifest goes, and the runs wait for a later
      // sweep.
      runs: unreadable ? [] : [...own].filter((run) => !needed.has(run)),
      images: await imagesOf(world, backup.server_id, [...diskIds]),
    };
  },
};

async function imagesOf(world: World, serverId: string, diskIds: string[]): Promise<ImageRef[]> {
  const images: ImageRef[] = [];
  for (const id of diskIds) {
    const local = LOCAL_DISKS.find((disk) => localDiskId(serverId, disk) === id);
    if (local) images.push({ pool: world.settings.rootPool, image: localImageName(serverId, local) });
    else {
      const volume = await world.cloud.admin.blockStorage.volume(id);
      if (volume) images.push(volumeImageOf(world.settings, volume));
    }
  }
  return images;
}

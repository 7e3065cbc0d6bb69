import { backupsPrefix, parseManifestObject, runsPrefix, type ServerPlace } from '../../archive/layout.ts';
import type { Manifest } from '../../archive/manifest.ts';
import { findManifest, runsNeeded } from '../../archive/manifests.ts';
import type { ImageRef } from '../../domain/disk.ts';
import { hasCode, RewindError } from '../../domain/errors.ts';
import { backupSnapName } from '../../domain/names.ts';
import type { Target } from '../../ports/target.ts';
import type { RecipeStep, World } from '../world.ts';
import { rootImageOf, volumeImageOf } from './locate-disks.ts';

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

/** Finds out what this backup alone holds. What others need is read from their manifests, never counted. */
export const planDelete: RecipeStep<DeleteBackupInput, DeletePlan> = {
  name: 'plan-delete',
  async act(context, input) {
    const { world, operation } = context;
    const backup = await world.catalogue.backup(input.backup_id, operation.project_id);
    if (!backup) throw new RewindError('backup.not-found', `There is no backup ${input.backup_id}.`, { status: 404 });
    const target = world.targets.get(backup.target);
    const place = { projectId: backup.project_id, serverId: backup.server_id };
    const diskIds = new Set(backup.disks.map((disk) => disk.id));
    const own = new Set<string>();
    const others: Manifest[] = [];
    let unreadable = false;
    for (const found of await manifestsOf(target, world, place)) {
      if (found.backupId !== backup.id) {
        if (found.manifest) others.push(found.manifest);
        else unreadable = true;
      } else {
        for (const disk of found.manifest?.disks ?? []) diskIds.add(disk.id);
        for (const run of runsNeeded(found.manifest ? [found.manifest] : [])) own.add(run);
      }
    }
    const needed = runsNeeded(others);
    for (const diskId of diskIds) {
      const prefix = runsPrefix({ ...place, diskId });
      for await (const object of target.list(prefix)) if (object.startsWith(`${prefix}${backup.id}.`)) own.add(object);
    }
    return {
      ...place,
      target: backup.target,
      snap: backupSnapName(backup.id),
      // What a damaged backup needs cannot be known: then only the manifest goes, and the runs wait for a later sweep.
      runs: unreadable ? [] : [...own].filter((run) => !needed.has(run)),
      images: await imagesOf(world, backup.server_id, [...diskIds]),
    };
  },
};

/** All backups of the server on the target; one that cannot be read has no manifest here. */
async function manifestsOf(
  target: Target,
  world: World,
  place: ServerPlace,
): Promise<{ backupId: string; manifest?: Manifest }[]> {
  const found: { backupId: string; manifest?: Manifest }[] = [];
  for await (const object of target.list(backupsPrefix(place))) {
    const ids = parseManifestObject(object);
    if (!ids) continue;
    try {
      const manifest = await findManifest(target, ids, world.manifestKey);
      if (manifest) found.push({ backupId: ids.backupId, manifest });
    } catch (error) {
      if (!hasCode(error, 'archive.damaged')) throw error;
      found.push({ backupId: ids.backupId });
    }
  }
  return found;
}

async function imagesOf(world: World, serverId: string, diskIds: string[]): Promise<ImageRef[]> {
  const images: ImageRef[] = [];
  for (const id of diskIds) {
    if (id === serverId) images.push(rootImageOf(world.settings, serverId));
    else {
      const volume = await world.cloud.admin.blockStorage.volume(id);
      if (volume) images.push(volumeImageOf(world.settings, volume));
    }
  }
  return images;
}

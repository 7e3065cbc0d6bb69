import { runsPrefix } from '../../archive/layout.ts';
import type { Manifest } from '../../archive/manifest.ts';
import { listManifests } from '../../archive/manifests.ts';
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
    const needed = new Set<string>();
    for (const manifest of await manifestsOf(target, world, place)) {
      const runs = manifest.disks.flatMap((disk) => disk.runs.map((run) => run.object));
      if (manifest.backup.id === backup.id) {
        for (const disk of manifest.disks) diskIds.add(disk.id);
        for (const run of runs) own.add(run);
      } else for (const run of runs) needed.add(run);
    }
    for (const diskId of diskIds) {
      const prefix = runsPrefix({ ...place, diskId });
      for await (const object of target.list(prefix)) if (object.startsWith(`${prefix}${backup.id}.`)) own.add(object);
    }
    return {
      ...place,
      target: backup.target,
      snap: backupSnapName(backup.id),
      runs: [...own].filter((run) => !needed.has(run)),
      images: await imagesOf(world, backup.server_id, [...diskIds]),
    };
  },
};

async function manifestsOf(
  target: Target,
  world: World,
  place: { projectId: string; serverId: string },
): Promise<Manifest[]> {
  try {
    return await Array.fromAsync(listManifests(target, world.manifestKey, place.projectId, place.serverId));
  } catch (error) {
    if (!hasCode(error, 'archive.damaged')) throw error;
    throw new RewindError(
      'archive.damaged',
      'Another backup of this server is damaged: what it needs cannot be known.',
      {
        fault: 'errored',
        hint: 'Nothing was deleted. The operator should look at the target.',
        cause: error,
      },
    );
  }
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

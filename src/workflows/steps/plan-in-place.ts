import type { ManifestDisk } from '../../archive/manifest.ts';
import type { ImageRef } from '../../domain/disk.ts';
import { RewindError } from '../../domain/errors.ts';
import { backupOfSnapName } from '../../domain/names.ts';
import type { NewVolume, Server, Volume } from '../../ports/openstack.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import type { RecipeStep, World } from '../world.ts';
import { hasSnapshots } from './guard-volume.ts';
import { refuseUnfit, rootImageOf, volumeImageOf } from './locate-disks.ts';
import { bytesToWrite, newVolumeOf } from './plan-restore-volumes.ts';
import { chosenDisks, type DraftSource, manifestOf, refuseMissingRuns, sourceOf } from './restore-source.ts';
import { serverOf } from './server-of.ts';

export interface RestoreInPlaceInput {
  restore_id: string;
  backup_id: string;
  server_id: string;
  disks: string[];
  /** null: as it was before. */
  start: boolean | null;
}

export interface InPlaceDisk {
  diskId: string;
  kind: 'root' | 'volume';
  source: DraftSource;
  /** Null: the volume was deleted meanwhile and is made anew. */
  live: ImageRef | null;
  volumeId: string | null;
  /** The volume's status now: available or in-use; null for a root disk on an image and for new volumes. */
  volumeStatus: string | null;
  /** Not attached to the server now: is attached at the end. */
  attach: boolean;
  finalSizeBytes: number;
  newVolume: NewVolume;
  bootable: boolean;
  imageMetadata: Record<string, string>;
}

export interface InPlacePlan {
  disks: InPlaceDisk[];
}

/** Reads only. Whatever could stop the restore later stops it here, before anything is touched. */
export const planInPlace: RecipeStep<RestoreInPlaceInput, InPlacePlan> = {
  name: 'plan-in-place',
  async act(context, input) {
    const server = await serverOf(context, input.server_id);
    if (server.locked)
      throw new RewindError('server.locked', 'The server is locked by somebody.', { hint: 'Unlock it and try again.' });
    if (server.taskState !== null || (server.status !== 'ACTIVE' && server.status !== 'SHUTOFF')) {
      throw new RewindError(
        'server.wrong-state',
        'The server must be ACTIVE or SHUTOFF, and in the middle of nothing.',
      );
    }
    const { manifest, target } = await manifestOf(context, input.backup_id);
    const disks: InPlaceDisk[] = [];
    for (const disk of chosenDisks(manifest, input.disks)) {
      const source = sourceOf(disk, target);
      await refuseMissingRuns(context, source);
      const newVolume = newVolumeOf(disk, disk.name, input.backup_id);
      const common = {
        diskId: disk.id,
        kind: disk.kind,
        source,
        newVolume,
        bootable: disk.bootable,
        imageMetadata: disk.image_metadata,
      };
      disks.push({ ...common, ...(await placeOf(context, server, disk)) });
    }
    context.progress.total(bytesToWrite(disks.map((disk) => disk.source)));
    return { disks };
  },
};

type Place = Pick<InPlaceDisk, 'live' | 'volumeId' | 'volumeStatus' | 'attach' | 'finalSizeBytes'>;

async function placeOf(context: StepContext<World>, server: Server, disk: ManifestDisk): Promise<Place> {
  const { world } = context;
  if (disk.volume_id === null) {
    if (server.imageId === null || disk.id !== server.id) {
      throw new RewindError('restore.root-differs', 'The server no longer boots from the disk that was backed up.');
    }
    const live = rootImageOf(world.settings, server.id);
    return {
      live,
      volumeId: null,
      volumeStatus: null,
      attach: false,
      finalSizeBytes: await sizeToKeep(context, live, disk),
    };
  }
  const volume = await world.cloud.admin.blockStorage.volume(disk.volume_id);
  if (!volume || volume.projectId !== context.operation.project_id) {
    if (disk.kind === 'root') {
      throw new RewindError('restore.root-volume-gone', 'The volume the server boots from was deleted.', {
        hint: 'A root volume cannot be attached to a server that is there: restore it as a volume and make a new server of it.',
      });
    }
    return { live: null, volumeId: null, volumeStatus: null, attach: true, finalSizeBytes: disk.size_bytes };
  }
  await refuseUnready(context, server, volume);
  const live = volumeImageOf(world.settings, volume);
  const attached = volume.attachments.some((one) => one.serverId === server.id);
  return {
    live,
    volumeId: volume.id,
    volumeStatus: volume.status,
    attach: !attached,
    finalSizeBytes: await sizeToKeep(context, live, disk),
  };
}

async function refuseUnready(context: StepContext<World>, server: Server, volume: Volume): Promise<void> {
  refuseUnfit(volume);
  if (volume.attachments.some((one) => one.serverId !== server.id)) {
    throw new RewindError('volume.attached-elsewhere', `Volume ${volume.id} is attached to another server.`);
  }
  if (volume.status !== 'available' && volume.status !== 'in-use') {
    throw new RewindError('volume.wrong-state', `Volume ${volume.id} is busy in the Block Storage service.`);
  }
  if ((await context.world.cloud.admin.blockStorage.snapshotsOf(volume.id)).length > 0) throw hasSnapshots(volume.id);
}

/**
 * A disk that grew since the backup keeps its size: Cinder and Nova go on believing in it. Refuses an image with
 * snaps that are not ours, which would go with the old data.
 */
async function sizeToKeep(context: StepContext<World>, live: ImageRef, disk: ManifestDisk): Promise<number> {
  const { ceph } = context.world;
  const info = await ceph.imageInfo(live);
  // A lost image is what restores are for.
  if (!info) return disk.size_bytes;
  if (info.sizeBytes < disk.size_bytes) {
    throw new RewindError('restore.disk-smaller', 'A disk is smaller now than it was at the backup.', {
      hint: 'Restore it as a new volume.',
    });
  }
  const foreign = (await ceph.listSnaps(live)).filter(
    (snap) => backupOfSnapName(snap.name) === undefined || snap.protected,
  );
  if (foreign.length > 0) {
    throw new RewindError('disk.has-foreign-snaps', 'A disk carries snapshots that are not of this service.', {
      hint: 'Volume snapshots, clones or running volume backups depend on it. Remove them, or restore as new volumes.',
    });
  }
  return info.sizeBytes;
}

import { hasCode, RewindError } from '../../domain/errors.ts';
import { isOurSnap, type LocalDisk, localDiskId, localDiskOf, localImageName } from '../../domain/names.ts';
import type { DiskKind, ImageRef } from '../../domain/points/disk.ts';
import { errorOfRefusal, refuseFirst } from '../../domain/rules/refusal.ts';
import { changeRefusals } from '../../domain/rules/server-rules.ts';
import {
  goneVolumeRefusals,
  hasSnapshotsRefusal,
  localDiskRefusals,
  replaceRefusals,
  sizeRefusals,
} from '../../domain/rules/volume-rules.ts';
import type { Ceph } from '../../ports/ceph.ts';
import type { NewVolume, Server } from '../../ports/openstack.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import { volumeImageOf } from '../lookups/locate-disks.ts';
import {
  chosenDisks,
  type DraftSource,
  type Point,
  type PointDisk,
  type PointRef,
  pointOf,
  refuseMissingData,
} from '../lookups/restore-source.ts';
import { serverOf } from '../lookups/server-of.ts';
import type { RecipeStep, World } from '../world.ts';
import { bytesToWrite, type ChosenVolume, newVolumeOf } from './plan-restore-volumes.ts';

export interface RestoreInPlaceInput extends PointRef {
  restore_id: string;
  server_id: string;
  disks: string[];
  /** null: running or stopped as before. */
  start: boolean | null;
  /** The snapshot that is made before anything is replaced; null: none. */
  safety_id?: string | null;
  /** For a backup: its disks are used before their data are there. */
  instant?: boolean;
  /** For a snapshot with memory: the server goes on from the memory instead of being started. */
  memory?: boolean;
  /** Volumes attached since the point that are to be detached. */
  detach?: string[];
  /** Choices for the volumes that are made anew. */
  volumes?: ChosenVolume[];
}

export interface InPlaceDisk {
  diskId: string;
  kind: DiskKind;
  source: DraftSource;
  /** Null: the volume was deleted meanwhile and is made anew. */
  live: ImageRef | null;
  volumeId: string | null;
  /** The volume's present status: available or in-use; null for a root disk on an image and for new volumes. */
  volumeStatus: string | null;
  /** True: it is not attached to the server now, and is attached at the end. */
  attach: boolean;
  finalSizeBytes: number;
  newVolume: NewVolume;
  bootable: boolean;
  imageMetadata: Record<string, string>;
}

export interface InPlacePlan {
  disks: InPlaceDisk[];
  detach?: NewerVolume[];
}

/** A volume that the point does not know and that is to leave the server. */
export interface NewerVolume {
  volumeId: string;
  deleteOnTermination: boolean;
}

export const newerOf = (server: Server, { detach = [] }: RestoreInPlaceInput): NewerVolume[] =>
  server.volumes
    .filter((volume) => detach.includes(volume.volumeId))
    .map(({ volumeId, deleteOnTermination }) => ({ volumeId, deleteOnTermination }));

/** Read-only. Whatever could stop the restore later stops it here, before anything is touched. */
export const planInPlace: RecipeStep<RestoreInPlaceInput, InPlacePlan> = {
  name: 'plan-in-place',
  async act(context, input) {
    const server = await serverToChange(context, input.server_id);
    const point = await pointOf(context, input);
    const chosen = await chosenDisks(context, point, input.disks);
    const disks = await Promise.all(
      chosen.map(async (disk): Promise<InPlaceDisk> => {
        const place = await placeOf(context, server, disk);
        await Promise.all([refuseSnapshotsOn(context, place), refuseMissingData(context, disk.source)]);
        return { ...comingDisk(point, disk, input), source: disk.source, ...place };
      }),
    );
    context.progress.total(bytesToWrite(disks.map((disk) => disk.source)));
    return { disks, detach: newerOf(server, input) };
  },
};

/** The server, if it is unlocked, at rest, and running or stopped. */
export async function serverToChange(context: StepContext<World>, serverId: string): Promise<Server> {
  const server = await serverOf(context, serverId);
  refuseFirst(changeRefusals(server));
  return server;
}

/** What a disk of the point becomes, wherever it goes. */
export const comingDisk = (point: Point, disk: PointDisk, { volumes }: Pick<RestoreInPlaceInput, 'volumes'>) => ({
  diskId: disk.id,
  kind: disk.kind,
  newVolume: newVolumeOf(disk, disk.name, point, volumes),
  bootable: disk.bootable,
  imageMetadata: disk.image_metadata,
});

export type Place = Pick<InPlaceDisk, 'live' | 'volumeId' | 'volumeStatus' | 'attach' | 'finalSizeBytes'>;

/** The place in the living server for a disk of the point. */
export async function placeOf(context: StepContext<World>, server: Server, disk: PointDisk): Promise<Place> {
  const { world } = context;
  if (disk.volume_id === null) {
    const local = localDiskOf(disk.image.image);
    const isHere =
      local !== undefined && disk.id === localDiskId(server.id, local) && (await isStillThere(world, server, local));
    refuseFirst(localDiskRefusals(isHere));
    const live = { pool: world.settings.rootPool, image: localImageName(server.id, local as LocalDisk) };
    const finalSizeBytes = await sizeToKeep(context, live, disk);
    return { live, volumeId: null, volumeStatus: null, attach: false, finalSizeBytes };
  }
  const volume = await world.cloud.admin.blockStorage.volume(disk.volume_id);
  if (!volume || volume.projectId !== context.operation.project_id) {
    refuseFirst(goneVolumeRefusals(disk));
    return { live: null, volumeId: null, volumeStatus: null, attach: true, finalSizeBytes: disk.size_bytes };
  }
  refuseFirst(replaceRefusals(volume, server.id));
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

/**
 * A server that boots from a volume has no root disk of its own; a disk for which its flavor has no room does not exist
 * either.
 */
async function isStillThere({ ceph, settings }: World, server: Server, local: LocalDisk): Promise<boolean> {
  if (local === '_disk') return server.imageId !== null;
  return (await ceph.imageInfo({ pool: settings.rootPool, image: localImageName(server.id, local) })) !== undefined;
}

/** A disk that has grown since keeps its size, because Cinder and Nova still rely on that size. */
async function sizeToKeep(context: StepContext<World>, live: ImageRef, disk: PointDisk): Promise<number> {
  const info = await context.world.ceph.imageInfo(live);
  // Restores exist for lost images.
  if (!info) return disk.size_bytes;
  refuseFirst(sizeRefusals(info.sizeBytes, disk));
  return info.sizeBytes;
}

/** Refuses a living image with foreign snaps: they would go with the old data. */
export async function refuseSnapshotsOn(context: StepContext<World>, { live, volumeId }: Place): Promise<void> {
  const { ceph, cloud } = context.world;
  if (volumeId !== null && (await cloud.admin.blockStorage.snapshotsOf(volumeId)).length > 0)
    throw errorOfRefusal(hasSnapshotsRefusal(volumeId));
  if (live && (await foreignSnapsOn(ceph, live))) {
    throw new RewindError('disk.has-foreign-snaps');
  }
}

export async function foreignSnapsOn(ceph: Ceph, live: ImageRef): Promise<boolean> {
  const snaps = await ceph.listSnaps(live).catch((error) => {
    if (hasCode(error, 'ceph.not-found')) return [];
    throw error;
  });
  return snaps.some((snap) => !isOurSnap(snap.name) || snap.protected);
}

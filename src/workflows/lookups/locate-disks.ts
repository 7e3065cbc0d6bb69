import { hasCode, RewindError } from '../../domain/errors.ts';
import {
  LOCAL_DISKS,
  type LocalDisk,
  localDiskId,
  localImageName,
  rootImageName,
  volumeImageName,
} from '../../domain/names.ts';
import { inDeviceOrder } from '../../domain/order.ts';
import type { DiskKind, ImageRef } from '../../domain/points/disk.ts';
import { errorOfRefusal, refuseFirst } from '../../domain/rules/refusal.ts';
import { noDisks } from '../../domain/rules/server-rules.ts';
import { unfitRefusals, volumeNotYours } from '../../domain/rules/volume-rules.ts';
import type { ImageInfo } from '../../ports/ceph.ts';
import type { Server, ServerVolume, Volume } from '../../ports/openstack.ts';
import type { RecipeSettings, World } from '../world.ts';

/** A disk of a living server, and where it lies. */
export interface DiskPlace {
  id: string;
  kind: DiskKind;
  volume: Volume | null;
  device: string | null;
  bootIndex: number | null;
  deleteOnTermination: boolean;
  image: ImageRef;
  sizeBytes: number;
}

/** The same, found in Ceph. */
export interface LiveDisk extends DiskPlace {
  /** Ceph's own id of the image. */
  imageId: string;
  /** Set when Ceph says that its record of differences cannot be trusted. */
  mistrust: string | null;
}

/**
 * All disks of a server with their images, in the order of their devices, root first. Refuses what cannot be
 * backed up: `server.no-disks`, `disk.not-on-rbd`, `volume.encrypted`, `volume.multiattach`, `volume.not-yours`.
 */
export async function locateDisks(world: World, server: Server): Promise<LiveDisk[]> {
  const disks = (await Promise.all(eachDisk(world, server).map((locate) => locate()))).flat();
  // The request has decided how many are too many: disks of Nova that no API lists do not count towards that.
  if (disks.length === 0) throw errorOfRefusal(noDisks);
  return disks.sort(inDeviceOrder);
}

/** The same, but only those that are there and fit: for callers that must not fail because a disk is lost. */
export async function locateRemaining(world: World, server: Server): Promise<LiveDisk[]> {
  const ifFit = (locate: () => Promise<LiveDisk[]>): Promise<LiveDisk[]> =>
    locate().catch((error) => {
      if (LEFT_OUT.some((code) => hasCode(error, code))) return [];
      throw error;
    });
  return (await Promise.all(eachDisk(world, server).map(ifFit))).flat().sort(inDeviceOrder);
}

const LEFT_OUT = ['disk.not-on-rbd', 'volume.encrypted', 'volume.multiattach', 'volume.not-yours'] as const;

function eachDisk(world: World, server: Server): (() => Promise<LiveDisk[]>)[] {
  const root = server.imageId === null ? [] : [async () => [await locateRoot(world, server)]];
  const volumes = server.volumes.map((attached) => async () => [await locateAttached(world, server, attached)]);
  return [...root, ...volumes, () => locateEphemerals(world, server)];
}

/**
 * Nova's swap and ephemeral disks, which no API lists: they exist where an image has their name. The config drive is
 * not among them: nobody writes to it, and Nova makes it again.
 */
async function locateEphemerals(world: World, server: Server): Promise<LiveDisk[]> {
  const found: LiveDisk[] = [];
  const look = async (disk: LocalDisk): Promise<boolean> => {
    const image = { pool: world.settings.rootPool, image: localImageName(server.id, disk) };
    const info = await world.ceph.imageInfo(image);
    if (!info) return false;
    found.push({
      ...LOCAL,
      id: localDiskId(server.id, disk),
      kind: disk === '_disk.swap' ? 'swap' : 'ephemeral',
      image,
      ...stateOf(info),
    });
    return true;
  };
  for (const disk of LOCAL_DISKS) {
    // Numbered disks have no gaps.
    if (disk !== '_disk' && !(await look(disk)) && disk.startsWith('_disk.eph')) break;
  }
  return found;
}

const LOCAL = { volume: null, device: null, bootIndex: null, deleteOnTermination: true };

async function locateAttached(world: World, server: Server, attached: ServerVolume): Promise<LiveDisk> {
  const volume = await world.cloud.admin.blockStorage.volume(attached.volumeId);
  if (!volume || volume.projectId !== server.projectId) throw errorOfRefusal(volumeNotYours(attached.volumeId));
  const boots = server.imageId === null && attached.device !== null && attached.device === server.rootDeviceName;
  return {
    ...(await locateVolume(world, volume)),
    kind: boots ? 'root' : 'volume',
    device: attached.device,
    bootIndex: boots ? 0 : null,
    deleteOnTermination: attached.deleteOnTermination,
  };
}

async function locateRoot(world: World, server: Server): Promise<LiveDisk> {
  const image = rootImageOf(world.settings, server.id);
  const found = await imageOrRefuse(world, image, 'The root disk');
  return {
    id: server.id,
    kind: 'root',
    volume: null,
    device: server.rootDeviceName,
    bootIndex: 0,
    deleteOnTermination: true,
    image,
    ...found,
  };
}

async function locateVolume(world: World, volume: Volume): Promise<LiveDisk> {
  refuseFirst(unfitRefusals(volume));
  const image = volumeImageOf(world.settings, volume);
  const found = await imageOrRefuse(world, image, `Volume ${volume.id}`);
  return {
    id: volume.id,
    kind: 'volume',
    volume,
    device: null,
    bootIndex: null,
    deleteOnTermination: false,
    image,
    ...found,
  };
}

export const rootImageOf = (settings: RecipeSettings, serverId: string): ImageRef => ({
  pool: settings.rootPool,
  image: rootImageName(serverId),
});

/** A migrated volume keeps its id while its image carries the other id. */
export const volumeImageOf = (settings: RecipeSettings, volume: Volume): ImageRef => ({
  pool: (volume.host !== null && settings.volumeHosts[volume.host]) || settings.volumePool,
  image: volumeImageName(volume.nameId),
});

type ImageState = Pick<LiveDisk, 'imageId' | 'sizeBytes' | 'mistrust'>;

async function imageOrRefuse(world: World, image: ImageRef, what: string): Promise<ImageState> {
  const info = await world.ceph.imageInfo(image);
  if (!info) {
    throw new RewindError('disk.not-on-rbd', `${what} was not found in the storage pool it should be in.`, {
      hint: 'The operator should compare ceph.pools and ceph.volume_hosts with the clouds configuration.',
    });
  }
  return stateOf(info);
}

function stateOf({ id, sizeBytes, flags, features }: ImageInfo): ImageState {
  // `rbd export-diff` of Ceph 16 ends with an assertion failure on such an image.
  if (features.includes('migrating')) {
    throw new RewindError('disk.migrating');
  }
  const invalid = flags.filter((flag) => flag.includes('invalid'));
  return { imageId: id, sizeBytes, mistrust: invalid.length > 0 ? invalid.join(', ') : null };
}

import type { ImageRef } from '../../domain/disk.ts';
import { RewindError } from '../../domain/errors.ts';
import { rootImageName, volumeImageName } from '../../domain/names.ts';
import type { Server, Volume } from '../../ports/openstack.ts';
import type { RecipeSettings, World } from '../world.ts';

/** A disk of a living server, found in Ceph. */
export interface LiveDisk {
  id: string;
  kind: 'root' | 'volume';
  volume: Volume | null;
  device: string | null;
  bootIndex: number | null;
  deleteOnTermination: boolean;
  image: ImageRef;
  sizeBytes: number;
  /** Set when Ceph says that differences cannot be trusted. */
  mistrust: string | null;
}

/**
 * All disks of a server with their images, in the order of their devices, root first. Refuses what cannot be
 * backed up: `server.no-disks`, `disk.not-on-rbd`, `volume.encrypted`, `volume.multiattach`, `volume.not-yours`.
 */
export async function locateDisks(world: World, server: Server): Promise<LiveDisk[]> {
  const disks: LiveDisk[] = [];
  if (server.imageId !== null) disks.push(await locateRoot(world, server));
  for (const attached of server.volumes) {
    const volume = await world.cloud.admin.blockStorage.volume(attached.volumeId);
    if (!volume || volume.projectId !== server.projectId) {
      throw new RewindError('volume.not-yours', `Volume ${attached.volumeId} is not one of the server's project.`);
    }
    const boots = server.imageId === null && attached.device !== null && attached.device === server.rootDeviceName;
    disks.push({
      ...(await locateVolume(world, volume)),
      kind: boots ? 'root' : 'volume',
      device: attached.device,
      bootIndex: boots ? 0 : null,
      deleteOnTermination: attached.deleteOnTermination,
    });
  }
  if (disks.length === 0) throw new RewindError('server.no-disks', 'The server has no disk on Ceph RBD.');
  return disks.sort(rootFirstThenDevice);
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
  refuseUnfit(volume);
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

/** A migrated volume keeps its id while its image carries the other one. */
export const volumeImageOf = (settings: RecipeSettings, volume: Volume): ImageRef => ({
  pool: (volume.host !== null && settings.volumeHosts[volume.host]) || settings.volumePool,
  image: volumeImageName(volume.nameId),
});

export function refuseUnfit(volume: Volume): void {
  if (volume.encrypted)
    throw new RewindError('volume.encrypted', `Volume ${volume.id} is encrypted; this is not supported.`);
  if (volume.multiattach) {
    throw new RewindError(
      'volume.multiattach',
      `Volume ${volume.id} may be attached to several servers; this is not supported.`,
    );
  }
}

async function imageOrRefuse(
  world: World,
  image: ImageRef,
  what: string,
): Promise<{ sizeBytes: number; mistrust: string | null }> {
  const info = await world.ceph.imageInfo(image);
  if (!info) {
    throw new RewindError('disk.not-on-rbd', `${what} was not found in the storage pool it should be in.`, {
      fault: 'errored',
      hint: 'The operator should compare ceph.pools and ceph.volume_hosts with the clouds configuration.',
    });
  }
  const invalid = info.flags.filter((flag) => flag.includes('invalid'));
  return { sizeBytes: info.sizeBytes, mistrust: invalid.length > 0 ? invalid.join(', ') : null };
}

function rootFirstThenDevice(a: LiveDisk, b: LiveDisk): number {
  if (a.kind !== b.kind) return a.kind === 'root' ? -1 : 1;
  return (a.device ?? '').localeCompare(b.device ?? '') || a.id.localeCompare(b.id);
}

import { rbd, rbdJson, until } from '../../test/world/lab/lab.ts';
import {
  createVolume,
  deleteServer,
  deleteVolume,
  logIn,
  must,
  serverIs,
  stopServer,
  type Tenant,
  type VolumeView,
} from '../../test/world/lab/tenant.ts';
import { fillImage, MIB } from './content.ts';

/** All that is made in the cloud is called so, and is taken away by this name. */
export const NAME = 'rewind-bench';
const BACKUP_LIMIT_MS = 600_000;

export const imageOf = (volumeId: string): string => `volumes/volume-${volumeId}`;

/** A volume of so many MiB of mixed data, made by Cinder, filled behind its back. */
export async function makeFilledVolume(who: Tenant, mebibytes: number): Promise<string> {
  const id = await createVolume(who, NAME, Math.ceil(mebibytes / 1024));
  await fillImage(imageOf(id), mebibytes * MIB);
  return id;
}

/**
 * A stopped server whose one and only disk is this volume: a backup of the server is a backup of the volume. There
 * is nothing to boot on it, and nobody in it who would listen to a request to shut down.
 */
export async function makeServerOf(who: Tenant, volumeId: string): Promise<string> {
  const change = (action: Record<string, unknown>) =>
    must(who.call('volume', 'POST', `/volumes/${volumeId}/action`, action));
  await change({ 'os-set_bootable': { bootable: true } });
  await change({ 'os-set_image_metadata': { metadata: { os_shutdown_timeout: '1' } } });
  const { flavors } = await must<{ flavors: { id: string; name: string }[] }>(who.call('compute', 'GET', '/flavors'));
  const disk = { boot_index: 0, uuid: volumeId, source_type: 'volume', destination_type: 'volume' };
  const server = {
    name: NAME,
    flavorRef: flavors.find((one) => one.name === 'lab.small')?.id,
    networks: 'none',
    block_device_mapping_v2: [{ ...disk, delete_on_termination: false }],
  };
  const made = await must<{ server: { id: string } }>(who.call('compute', 'POST', '/servers', { server }));
  await serverIs(who, made.server.id, 'ACTIVE');
  await stopServer(who, made.server.id);
  // From here on it counts as a volume of data: what is restored is no volume to boot from.
  await change({ 'os-unset_image_metadata': { key: 'os_shutdown_timeout' } });
  await change({ 'os-set_bootable': { bootable: false } });
  await until('nobody has the image open', 60_000, async () => {
    const { watchers } = await rbdJson<{ watchers: unknown[] }>('status', imageOf(volumeId));
    return watchers.length === 0;
  });
  return made.server.id;
}

interface CinderBackup {
  id: string;
  status: string;
  fail_reason: string | null;
}

const showBackup = async (who: Tenant, id: string): Promise<CinderBackup | undefined> => {
  const { status, body } = await who.call<{ backup: CinderBackup }>('volume', 'GET', `/backups/${id}`);
  return status === 404 ? undefined : body.backup;
};

/** A full backup by Cinder, until it is available. */
export async function cinderBackup(who: Tenant, volumeId: string): Promise<string> {
  const asked = { backup: { volume_id: volumeId, name: NAME, incremental: false } };
  const { backup } = await must<{ backup: { id: string } }>(who.call('volume', 'POST', '/backups', asked));
  await until('Cinder backup available', BACKUP_LIMIT_MS, async () => {
    const seen = await showBackup(who, backup.id);
    if (seen?.status === 'error') throw new Error(`Cinder's backup failed: ${seen.fail_reason}`);
    return seen?.status === 'available';
  });
  return backup.id;
}

export async function dropCinderBackup(who: Tenant, id: string): Promise<void> {
  await who.call('volume', 'DELETE', `/backups/${id}`);
  await until('Cinder backup gone', BACKUP_LIMIT_MS, async () => (await showBackup(who, id)) === undefined);
}

/** With every snap on its image, or the image would go to Ceph's trash instead of away. */
export async function dropVolume(who: Tenant, id: string): Promise<void> {
  const snaps = await rbdJson<{ name: string }[]>('snap', 'ls', imageOf(id)).catch(() => []);
  for (const { name } of snaps) await rbd('snap', 'rm', '--no-progress', `${imageOf(id)}@${name}`);
  await deleteVolume(who, id);
}

/** Removes all that this or an earlier, killed run made. */
export async function sweep(who: Tenant): Promise<void> {
  const named = async <T extends { name: string }>(service: 'compute' | 'volume', what: string): Promise<T[]> => {
    const answer = await must<Record<string, T[]>>(who.call(service, 'GET', `/${what}`));
    return (answer[what.split('/')[0]!] ?? []).filter((one) => one.name?.startsWith(NAME));
  };
  for (const { id } of await named<{ id: string; name: string }>('compute', 'servers')) await deleteServer(who, id);
  for (const { id } of await named<{ id: string; name: string }>('volume', 'backups')) await dropCinderBackup(who, id);
  const volumes = await named<VolumeView & { name: string }>('volume', 'volumes/detail');
  for (const volume of volumes) {
    if (volume.status === 'maintenance') await release(volume.id);
    await dropVolume(who, volume.id);
  }
  const ends = volumes.map(({ id }) => `-${id.slice(0, 8)}${id.slice(24)}`);
  for (const image of await rbdJson<string[]>('ls', 'volumes')) {
    const ofRestore = /^rewind-(draft|aside)-/.test(image) && ends.some((end) => image.endsWith(end));
    if (ofRestore || image.startsWith(NAME)) await dropImage(`volumes/${image}`);
  }
}

/** A restore that was cut off guards its volume still. */
async function release(volumeId: string): Promise<void> {
  const admin = await logIn('admin');
  const action = { 'os-reset_status': { status: 'available' } };
  await must(admin.call('volume', 'POST', `/volumes/${volumeId}/action`, action));
}

export async function dropImage(image: string): Promise<void> {
  for (const { name } of await rbdJson<{ name: string }[]>('snap', 'ls', image)) {
    await rbd('snap', 'rm', '--no-progress', `${image}@${name}`);
  }
  await rbd('rm', '--no-progress', image);
}

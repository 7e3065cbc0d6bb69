import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { rbd, rbdJson } from './lab.ts';
import { createVolume, deleteServer, deleteVolume, must, serverIs, showVolume, type Tenant } from './tenant.ts';

/** A server without an operating system: boots from a volume of known data, which makes its backups small and quick. */
export interface BlankServer {
  id: string;
  /** What it boots from. */
  volume: string;
}

const MIB = 1024 ** 2;

export const volumeImage = (volumeId: string): string => `volumes/volume-${volumeId}`;

/** Random bytes at these places of an image that nobody has open. Mebibytes. */
export async function writeImage(image: string, pieces: readonly { at: number; length: number }[]): Promise<void> {
  const records = pieces.map(({ at, length }) => {
    const head = Buffer.alloc(17);
    head.write('w');
    head.writeBigUInt64LE(BigInt(at * MIB), 1);
    head.writeBigUInt64LE(BigInt(length * MIB), 9);
    return Buffer.concat([head, randomBytes(length * MIB)]);
  });
  const child = spawn('rbd', ['import-diff', '--no-progress', '-', image], { stdio: ['pipe', 'ignore', 'inherit'] });
  Readable.from([Buffer.from('rbd diff v1\n'), ...records, Buffer.from('e')]).pipe(child.stdin);
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`rbd import-diff into ${image} ended with ${code}`);
}

/** ACTIVE, with so many MiB of data on a disk of 1 GiB. Stops within a second, since nobody listens in it. */
export async function bootBlankServer(who: Tenant, name: string, mebibytes: number): Promise<BlankServer> {
  const volume = await createVolume(who, name);
  await writeImage(volumeImage(volume), [{ at: 8, length: mebibytes }]);
  const act = (action: Record<string, unknown>) =>
    must(who.call('volume', 'POST', `/volumes/${volume}/action`, action));
  await act({ 'os-set_bootable': { bootable: true } });
  await act({ 'os-set_image_metadata': { metadata: { os_shutdown_timeout: '1' } } });
  const { flavors } = await must<{ flavors: { id: string; name: string }[] }>(who.call('compute', 'GET', '/flavors'));
  const server = {
    name,
    flavorRef: flavors.find((one) => one.name === 'lab.small')?.id,
    networks: 'none',
    block_device_mapping_v2: [
      { boot_index: 0, uuid: volume, source_type: 'volume', destination_type: 'volume', delete_on_termination: false },
    ],
  };
  const made = await must<{ server: { id: string } }>(who.call('compute', 'POST', '/servers', { server }));
  await serverIs(who, made.server.id, 'ACTIVE');
  return { id: made.server.id, volume };
}

/** With the snaps of backups that nobody deleted, so that nothing of it goes to Ceph's trash. */
export async function dropVolume(who: Tenant, id: string): Promise<void> {
  if (!(await showVolume(who, id))) return;
  await dropOurSnaps(volumeImage(id));
  await deleteVolume(who, id);
}

/** For a volume that OpenStack will delete by itself, together with its server. */
export async function dropOurSnaps(image: string): Promise<void> {
  for (const { name } of await rbdJson<{ name: string }[]>('snap', 'ls', image)) {
    if (name.startsWith('rewind-')) await rbd('snap', 'rm', '--no-progress', `${image}@${name}`);
  }
}

export async function dropBlankServer(who: Tenant, server: BlankServer | undefined): Promise<void> {
  if (!server) return;
  await deleteServer(who, server.id);
  await dropVolume(who, server.volume);
}

/** Every volume of these names, with whatever a test left of them. */
export async function dropVolumesNamed(who: Tenant, prefix: string): Promise<void> {
  const { volumes } = await must<{ volumes: { id: string; name: string }[] }>(who.call('volume', 'GET', '/volumes'));
  for (const { id, name } of volumes) if (name?.startsWith(prefix)) await dropVolume(who, id);
}

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dropOurSnaps, dropVolume, volumeImage } from '../world/lab/blank-server.ts';
import { createSnapshot, deleteSnapshot } from '../world/lab/block-storage.ts';
import { interfaceOf, watchFirstBoots } from '../world/lab/first-boot-frames.ts';
import { hashes, mountVolume, writeRandom } from '../world/lab/guest-disks.ts';
import { guest, guestReady, rbdJson } from '../world/lab/lab.ts';
import {
  createGroup,
  createKeypair,
  createPort,
  dropLostServer,
  type LostThings,
  readServer,
} from '../world/lab/lost-server.ts';
import { available, carryOut, type Installation, install } from '../world/lab/rewind.ts';
import {
  act,
  attach,
  bootServer,
  createVolume,
  deleteServer,
  detach,
  logIn,
  must,
  serverIs,
  showVolume,
  type Tenant,
} from '../world/lab/tenant.ts';

/** A server and all that belongs to it is deleted in OpenStack, and comes back as itself. */
let demo: Tenant;
let rewind: Installation;
const lost: LostThings = { servers: [], volumes: [], ports: [], groups: [], keypairs: [] };

type Volumes = { disk_id: string; volume_id: string | null }[];
type Restored = Awaited<ReturnType<typeof carryOut>> & { server_id: string; volumes: Volumes };

beforeAll(async () => {
  demo = await logIn('demo');
  rewind = install();
  rewind.start('all');
  await rewind.ready();
});

afterAll(() => dropLostServer(demo, lost));
afterAll(() => rewind.end());

const newServer = (body: Record<string, unknown>) =>
  carryOut(rewind, demo, 'restore', { mode: 'new_server', ...body }) as Promise<Restored>;

describe('a server on an image, with two volumes', () => {
  const names = { metadata: { role: 'db', 'a b': 'ü' }, tags: ['prod', 'tier-1'] };
  let server: string;
  let volumes: string[];
  let port: Awaited<ReturnType<typeof createPort>>;
  let group: string;
  let backup: string;
  let known: string[];
  let before: Awaited<ReturnType<typeof readServer>>;
  let restored: Restored;
  const places = ['/var/lab', '/mnt/a', '/mnt/b'];
  const files = places.flatMap((place) => [`${place}/one.bin`, `${place}/two.bin`]);

  beforeAll(async () => {
    group = await createGroup(demo, 'e2e-new-group', lost);
    port = await createPort(demo, { name: 'e2e-new', description: 'the first', security_groups: [group] }, lost);
    await createKeypair(demo, 'e2e new key', lost);
    const more = {
      networks: [{ port: port.id }],
      key_name: 'e2e new key',
      description: 'a database',
      user_data: Buffer.from('#!/bin/sh\necho hello').toString('base64'),
      ...names,
    };
    server = await bootServer(demo, 'e2e-new', more);
    lost.servers.push(server);
    volumes = await Promise.all([
      createVolume(demo, 'e2e-new-a', 1, { metadata: { owner: 'story' } }),
      createVolume(demo, 'e2e-new-b'),
    ]);
    lost.volumes.push(...volumes);
    await must(
      demo.call('compute', 'POST', `/servers/${server}/os-volume_attachments`, {
        volumeAttachment: { volumeId: volumes[0], delete_on_termination: true, tag: 'first' },
      }),
    );
    await attach(demo, server, volumes[1] ?? '');
    await guestReady(server);
    await mountVolume(server, volumes[0] ?? '', '/mnt/a', true);
    await mountVolume(server, volumes[1] ?? '', '/mnt/b', true);
    for (const place of places) await writeRandom(server, `${place}/one.bin`, 2);
    await available(carryOut(rewind, demo, 'backup', { server_id: server }));
    for (const place of places) await writeRandom(server, `${place}/two.bin`, 2);
    known = await hashes(server, files);
    backup = (await available(carryOut(rewind, demo, 'backup', { server_id: server, consistency: 'filesystem' }))).id;
    before = await readServer(demo, server);
  });

  test('is planned, while it still exists: everything that it has is in the way', async () => {
    const answer = await rewind.call<{ restore: { conflicts: { code: string }[] } }>(demo, 'POST', '/v1/restores', {
      restore: { backup_id: backup, mode: 'new_server', dry_run: true },
    });
    expect(answer.status).toBe(200);
    expect(answer.body.restore.conflicts.map((one) => one.code)).toEqual([
      'vm-backup.address.taken',
      'vm-backup.address.taken',
    ]);
  });

  test('is deleted with its volumes, port and group, and comes back', async () => {
    await dropOurSnaps(volumeImage(volumes[0] ?? ''));
    await deleteServer(demo, server);
    for (const volume of volumes) if (await showVolume(demo, volume)) await dropVolume(demo, volume);
    await must(demo.call('network', 'DELETE', `/v2.0/ports/${port.id}`));
    await must(demo.call('network', 'DELETE', `/v2.0/security-groups/${group}`));
    const firstBoots = watchFirstBoots();
    restored = await available(newServer({ backup_id: backup })).then((done) => done as Restored);
    const frames = firstBoots.stop();
    lost.servers.push(restored.server_id);
    lost.volumes.push(...restored.volumes.flatMap((one) => one.volume_id ?? []));
    await serverIs(demo, restored.server_id, 'ACTIVE');
    await guestReady(restored.server_id);
    const after = await readServer(demo, restored.server_id);
    // Nothing of the boot before it had its disks; a port that came to it afterwards had no interface then.
    for (const { id } of after.ports) expect([id, frames.get(interfaceOf(id)) ?? 0]).toEqual([id, 0]);
    expect(after.like).toEqual(before.like);
    expect(after.ports.map(({ id, ...rest }) => rest)).toEqual(before.ports.map(({ id, ...rest }) => rest));
    expect(after.id).not.toBe(before.id);
    const codes = (restored.differences as { code: string }[]).map((one) => one.code);
    expect(codes).toEqual(['server.instance', 'server.user', 'port.stays']);
    lost.ports.push(...after.ports.map((one) => one.id));
    lost.groups.push(...after.groupIds);
  });

  test('has its data', async () => {
    const volumeOf = (disk: string) => restored.volumes.find((one) => one.disk_id === disk)?.volume_id ?? '';
    await mountVolume(restored.server_id, volumeOf(volumes[0] ?? ''), '/mnt/a', false);
    await mountVolume(restored.server_id, volumeOf(volumes[1] ?? ''), '/mnt/b', false);
    expect(await hashes(restored.server_id, files)).toEqual(known);
    expect((await showVolume(demo, volumeOf(volumes[0] ?? '')))?.metadata.owner).toBe('story');
  });

  test('is an ordinary server: backup, snapshot, detach, attach, resize, delete', async () => {
    const [, data] = restored.volumes.flatMap((one) => one.volume_id ?? []);
    const id = restored.server_id;
    await available(carryOut(rewind, demo, 'backup', { server_id: id }));
    const snapshot = await createSnapshot(demo, data ?? '', 'plain');
    await deleteSnapshot(demo, snapshot);
    await guest(id, 'sync; umount /mnt/a /mnt/b');
    await detach(demo, id, data ?? '');
    await attach(demo, id, data ?? '');
    const { flavors } = await must<{ flavors: { id: string; name: string }[] }>(
      demo.call('compute', 'GET', '/flavors'),
    );
    await act(demo, id, { resize: { flavorRef: flavors.find((one) => one.name === 'lab.big')?.id } });
    await serverIs(demo, id, 'VERIFY_RESIZE');
    await act(demo, id, { confirmResize: null });
    await serverIs(demo, id, 'ACTIVE');
    await guestReady(id);
    expect((await rbdJson<{ size: number }>('info', `vms/${id}_disk`)).size).toBe(2 * 1024 ** 3);
    for (const one of restored.volumes) if (one.volume_id) await dropOurSnaps(volumeImage(one.volume_id));
    await deleteServer(demo, id);
    const left = (await rbdJson<string[]>('ls', 'vms')).filter((name) => name.includes(id));
    expect(left).toEqual([]);
  });
});

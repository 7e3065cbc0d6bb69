import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dropOurSnaps, volumeImage } from '../../world/lab/blank-server.ts';
import { createSnapshot, createVolumeType, deleteSnapshot } from '../../world/lab/block-storage.ts';
import { hashes, mountVolume, writeRandom } from '../../world/lab/guest-disks.ts';
import { guest, guestReady } from '../../world/lab/lab.ts';
import {
  createNetwork,
  createOddFlavor,
  createPort,
  dropLostServer,
  dropNetwork,
  type LostThings,
  type OwnNetwork,
  readServer,
} from '../../world/lab/lost-server.ts';
import { available, carryOut, type Installation, install } from '../../world/lab/rewind.ts';
import {
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
} from '../../world/lab/tenant.ts';

/** A server that boots from a volume, with two ports, a floating address, and a flavor and volume type that are gone. */
let demo: Tenant;
let admin: Tenant;
let rewind: Installation;
let own: OwnNetwork | undefined;
let flavor: string;
let type: string;
const lost: LostThings = { servers: [], volumes: [], ports: [], groups: [], keypairs: [] };
const names = { flavor: `e2e-new-${randomUUID()}`, type: `e2e-new-${randomUUID()}` };

let server: string;
let backup: string;
let disks: { root: string; data: string };
let ports: { id: string; mac_address: string; fixed_ips: { ip_address: string }[] }[];
let before: Awaited<ReturnType<typeof readServer>>;
let known: string[];
const files = ['/var/lab/one.bin', '/mnt/a/one.bin'];

type Conflicts = { restore: { conflicts: { code: string }[]; plan: { new_server: Record<string, unknown> } } };
const ask = (who: Tenant, body: Record<string, unknown>) =>
  rewind.call<Conflicts>(who, 'POST', '/v1/restores', { restore: { backup_id: backup, mode: 'new_server', ...body } });
const floatingTo = async () =>
  (
    await must<{ floatingip: { port_id: string | null } }>(
      demo.call('network', 'GET', `/v2.0/floatingips/${own?.floating.id}`),
    )
  ).floatingip.port_id;

beforeAll(async () => {
  [demo, admin] = await Promise.all([logIn('demo'), logIn('admin')]);
  rewind = install();
  rewind.start('all');
  await rewind.ready();
  [own, flavor, type] = await Promise.all([
    createNetwork(admin, demo, 'e2e-new-vol'),
    createOddFlavor(admin, names.flavor),
    createVolumeType(admin, names.type),
  ]);
  ports = (await Promise.all([
    createPort(demo, { name: 'e2e-new-1' }, lost),
    createPort(demo, { network_id: own.id }, lost),
  ])) as typeof ports;
  await must(
    demo.call('network', 'PUT', `/v2.0/floatingips/${own.floating.id}`, { floatingip: { port_id: ports[1]?.id } }),
  );
  const { images } = await must<{ images: { id: string }[] }>(demo.call('image', 'GET', '/v2/images?name=lab'));
  const root = await createVolume(demo, 'e2e-new-root', 1, { imageRef: images[0]?.id });
  const data = await createVolume(demo, 'e2e-new-data', 1, { volume_type: names.type });
  disks = { root, data };
  lost.volumes.push(root, data);
  const boot = {
    boot_index: 0,
    uuid: root,
    source_type: 'volume',
    destination_type: 'volume',
    delete_on_termination: true,
  };
  server = await bootServer(demo, 'e2e-new-vol', {
    flavorRef: flavor,
    imageRef: undefined,
    networks: ports.map((port) => ({ port: port.id })),
    block_device_mapping_v2: [boot],
  });
  lost.servers.push(server);
  await attach(demo, server, data);
  await guestReady(server);
  await mountVolume(server, data, '/mnt/a', true);
  for (const file of files) await writeRandom(server, file, 2);
  await guest(server, 'sync');
  known = await hashes(server, files);
  backup = (await available(carryOut(rewind, demo, 'backup', { server_id: server, consistency: 'filesystem' }))).id;
  before = await readServer(demo, server);
  for (const volume of [root, data]) await dropOurSnaps(volumeImage(volume));
  await deleteServer(demo, server);
  for (const volume of [root, data]) await demo.call('volume', 'DELETE', `/volumes/${volume}`);
  await must(demo.call('network', 'DELETE', `/v2.0/ports/${ports[1]?.id}`));
});

afterAll(() => dropLostServer(demo, lost));
afterAll(() => dropNetwork(admin, demo, own));
afterAll(() => admin.call('compute', 'DELETE', `/flavors/${flavor}`));
afterAll(() => admin.call('volume', 'DELETE', `/types/${type}`));
afterAll(() => rewind.end());

test('every conflict is in one answer, and nothing is changed by asking', async () => {
  await must(admin.call('compute', 'DELETE', `/flavors/${flavor}`));
  while (await showVolume(demo, disks.data)) await new Promise((resolve) => setTimeout(resolve, 300));
  await must(admin.call('volume', 'DELETE', `/types/${type}`));
  const address = ports[1]?.fixed_ips[0]?.ip_address;
  const thief = await createPort(demo, { network_id: own?.id, fixed_ips: [{ ip_address: address }] }, lost);
  const around = async () => [
    await must(demo.call('network', 'GET', '/v2.0/ports?name=e2e-new-1')),
    await must(demo.call('volume', 'GET', '/volumes?name=e2e-new-data')),
    (await rewind.call(demo, 'GET', '/v1/operations')).body,
  ];
  const seen = await around();
  const answer = await ask(demo, { dry_run: true });
  expect(answer.status).toBe(200);
  expect(answer.body.restore.conflicts.map((one) => one.code)).toEqual(
    ['flavor.gone', 'address.taken', 'volume-type.gone'].map((code) => `vm-backup.${code}`),
  );
  expect((await ask(demo, {})).status).toBe(409);
  expect(await around()).toEqual(seen);
  await must(demo.call('network', 'DELETE', `/v2.0/ports/${thief.id}`));
});

test('readers may not, and another project does not know of it', async () => {
  const [reader, other] = await Promise.all([logIn('reader'), logIn('other')]);
  for (const dry_run of [true, false]) {
    expect((await ask(reader, { dry_run })).status).toBe(403);
    const [ours, nothing] = [await ask(other, { dry_run }), await ask(other, { dry_run, backup_id: randomUUID() })].map(
      ({ status, body }) => [
        status,
        (body as unknown as { errors: { code: string; detail: string }[] }).errors.map(({ code, detail }) => [
          code,
          detail,
        ]),
      ],
    );
    expect(ours).toEqual(nothing);
    expect(ours?.[0]).toBe(400);
  }
});

describe('it comes back', () => {
  let restored: Record<string, unknown> & { server_id: string; volumes: { disk_id: string; volume_id: string }[] };
  const volumeOf = (disk: string) => restored.volumes.find((one) => one.disk_id === disk)?.volume_id ?? '';

  test('with another flavor and type, both ports, the floating address, and its data', async () => {
    const { flavors } = await must<{ flavors: { id: string; name: string }[] }>(
      demo.call('compute', 'GET', '/flavors'),
    );
    const flavor_id = flavors.find((one) => one.name === 'lab.small')?.id;
    restored = (await available(
      carryOut(rewind, demo, 'restore', {
        backup_id: backup,
        mode: 'new_server',
        flavor_id,
        volume_types: { [names.type]: 'ceph' },
        floating_ips: true,
      }),
    )) as unknown as typeof restored;
    const id = restored.server_id;
    lost.servers.push(id);
    lost.volumes.push(...restored.volumes.map((one) => one.volume_id));
    await serverIs(demo, id, 'ACTIVE');
    await guestReady(id);
    const after = await readServer(demo, id);
    lost.ports.push(...after.ports.map((one) => one.id));
    const { flavor: _was, ...like } = before.like;
    expect(after.like).toMatchObject(like);
    const macs = (one: typeof before) => one.ports.map((port) => [port.mac_address, port.fixed_ips]).sort();
    expect(macs(after)).toEqual(macs(before));
    expect(await guest(id, 'cat /sys/class/net/eth0/address /sys/class/net/eth1/address')).toBe(
      ports.map((port) => port.mac_address).join('\n'),
    );
    // The first port outlived its server: it is used as it is. The second is a new one, and gets the floating address.
    const second = after.ports.find((one) => one.mac_address === ports[1]?.mac_address);
    expect(after.ports.map((one) => one.id)).toContain(ports[0]?.id);
    expect(second?.id).not.toBe(ports[1]?.id);
    expect(await floatingTo()).toBe(second?.id);
    await mountVolume(id, volumeOf(disks.data), '/mnt/a', false);
    expect(await hashes(id, files)).toEqual(known);
    expect(await showVolume(demo, volumeOf(disks.root))).toMatchObject({
      bootable: 'true',
      volume_image_metadata: { hw_qemu_guest_agent: 'yes' },
    });
  });

  test('and is an ordinary server', async () => {
    const id = restored.server_id;
    const snapshot = await createSnapshot(demo, volumeOf(disks.root), 'plain');
    await deleteSnapshot(demo, snapshot);
    await guest(id, 'sync; umount /mnt/a');
    await detach(demo, id, volumeOf(disks.data));
    await attach(demo, id, volumeOf(disks.data));
    await available(carryOut(rewind, demo, 'backup', { server_id: id }));
    await dropOurSnaps(volumeImage(volumeOf(disks.root)));
    await deleteServer(demo, id);
    expect(await showVolume(demo, volumeOf(disks.root))).toBeUndefined();
  });
});

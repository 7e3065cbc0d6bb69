import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openManifest, sealManifest } from '../../../src/archive/manifests/manifest.ts';
import { dropVolume, volumeImage, writeImage } from '../../world/lab/blank-server.ts';
import { contentOf } from '../../world/lab/content.ts';
import { CHAIN_LIMIT_MS, type KillBench, killBench } from '../../world/lab/killing.ts';
import { rbdJson } from '../../world/lab/lab.ts';
import { filesBelow } from '../../world/lab/leftovers.ts';
import {
  createGroup,
  createKeypair,
  createPort,
  dropLostServer,
  type LostThings,
  readServer,
} from '../../world/lab/lost-server.ts';
import { available, carryOut, type Installation, install } from '../../world/lab/rewind.ts';
import {
  attach,
  bootServer,
  createVolume,
  deleteServer,
  logIn,
  must,
  serverIs,
  type Tenant,
} from '../../world/lab/tenant.ts';

/**
 * kill -9 of the worker while it makes a lost server again. The server boots from a volume without an operating system,
 * has a data volume, a port, a group and a key pair of its own; all of it is gone before each restore.
 */
const NAME = 'e2e-killnew';
let demo: Tenant;
let admin: Tenant;
let rewind: Installation;
let bench: KillBench;
let backup: string;
let before: Awaited<ReturnType<typeof readServer>>;
const lost: LostThings = { servers: [], volumes: [], ports: [], groups: [], keypairs: [] };
const content: Record<string, string> = {};
let clean: unknown;

type Named = { id: string; name: string | null; description?: string };
type Restored = { id: string; server_id: string; volumes: { disk_id: string; volume_id: string }[]; status: string };

const listed = async (service: 'compute' | 'volume' | 'network', path: string, key: string): Promise<Named[]> =>
  (await must<Record<string, Named[]>>(demo.call(service, 'GET', path)))[key]?.filter(
    (one) =>
      one.name?.startsWith(NAME) ||
      operations().some((id) => one.description?.startsWith(`vm-backup ${id} `)) ||
      one.description?.startsWith(NAME),
  ) ?? [];

/** Everything that a restore could leave behind, with our marks or the tenant's names on it. */
async function look(): Promise<unknown> {
  const { users } = await must<{ users: { id: string }[] }>(admin.call('identity', 'GET', '/users?name=rewind'));
  const keys = await must(admin.call('compute', 'GET', `/os-keypairs?user_id=${users[0]?.id}`));
  const images: string[] = [];
  for (const pool of ['vms', 'volumes'])
    images.push(
      ...(await rbdJson<string[]>('ls', pool)).filter((name) => operations().some((id) => name.includes(id))),
    );
  return {
    keys,
    images,
    servers: await listed('compute', '/servers', 'servers'),
    volumes: await listed('volume', '/volumes', 'volumes'),
    ports: await listed('network', '/v2.0/ports', 'ports'),
    groups: await listed('network', '/v2.0/security-groups', 'security_groups'),
    holds: database((db) => db.prepare('select thing from holds').all()),
  };
}

function database<T>(read: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(join(rewind.folder, 'rewind.db'), { timeout: 10_000 });
  try {
    return read(db);
  } finally {
    db.close();
  }
}

const operations = () => database((db) => db.prepare('select id from operations').all()).map((row) => String(row.id));

beforeAll(async () => {
  [demo, admin] = await Promise.all([logIn('demo'), logIn('admin')]);
  rewind = install({ REWIND_WORKER_LEASE_SECONDS: '1' });
  rewind.start('api');
  await rewind.ready();
  bench = killBench(rewind);
  const group = await createGroup(demo, NAME, lost);
  const port = await createPort(demo, { name: NAME, security_groups: [group] }, lost);
  await createKeypair(demo, `${NAME} key`, lost);
  const root = await createVolume(demo, `${NAME}-root`);
  const data = await createVolume(demo, `${NAME}-data`);
  lost.volumes.push(root, data);
  for (const volume of [root, data]) await writeImage(volumeImage(volume), [{ at: 8, length: 4 }]);
  for (const action of [
    { 'os-set_bootable': { bootable: true } },
    { 'os-set_image_metadata': { metadata: { os_shutdown_timeout: '1' } } },
  ])
    await must(demo.call('volume', 'POST', `/volumes/${root}/action`, action));
  const boot = {
    boot_index: 0,
    uuid: root,
    source_type: 'volume',
    destination_type: 'volume',
    delete_on_termination: false,
  };
  const server = await bootServer(demo, NAME, {
    imageRef: undefined,
    networks: [{ port: port.id }],
    block_device_mapping_v2: [boot],
    key_name: `${NAME} key`,
    metadata: { some: 'thing' },
  });
  lost.servers.push(server);
  await attach(demo, server, data);
  backup = (await available(carryOut(rewind, demo, 'backup', { server_id: server }))).id;
  before = await readServer(demo, server);
  for (const volume of [root, data]) content[volume] = await contentOf(`${volumeImage(volume)}@rewind-b-${backup}`);
  withoutConfigDrive();
  await remove(server, [root, data], before);
  clean = await look();
});

afterAll(() => bench.stop());
afterAll(() => dropLostServer(demo, lost));
afterAll(() => rewind.end());

/** The lab gives every server a config drive; most clouds do not, and then ports are attached to the stopped server. */
function withoutConfigDrive(): void {
  const [file = ''] = filesBelow(rewind.target).filter((name) => name.endsWith('manifest.json'));
  const path = join(rewind.target, file);
  const key = Buffer.from(readFileSync(join(rewind.folder, 'manifest.key'), 'utf8'), 'hex');
  const manifest = openManifest(readFileSync(path), key, file);
  const { server } = manifest.server as { server: Record<string, unknown> };
  server.config_drive = '';
  const sealed = sealManifest(manifest, key);
  writeFileSync(path, sealed);
  database((db) => {
    // Or it were another manifest than was written, and refused.
    db.prepare('update manifest_copies set sealed = ?').run(Buffer.from(sealed).toString('utf8'));
    const row = db.prepare('select record from recorded_servers').get() as { record: string };
    const record = JSON.stringify({ ...JSON.parse(row.record), configDrive: false });
    db.prepare('update recorded_servers set record = ?').run(record);
  });
}

async function remove(server: string, volumes: string[], seen: typeof before): Promise<void> {
  await deleteServer(demo, server);
  for (const volume of volumes) await dropVolume(demo, volume);
  for (const port of seen.ports) await must(demo.call('network', 'DELETE', `/v2.0/ports/${port.id}`));
  for (const group of seen.groupIds) await must(demo.call('network', 'DELETE', `/v2.0/security-groups/${group}`));
}

const restore = () =>
  carryOut(
    rewind,
    demo,
    'restore',
    { backup_id: backup, mode: 'new_server' },
    CHAIN_LIMIT_MS,
  ) as unknown as Promise<Restored>;

/** All of it is as it was, with its data; then it is removed, and nothing is left. */
async function checkAndRemove(done: Restored): Promise<void> {
  expect(done).toMatchObject({ status: 'available', fail_reason: null });
  await serverIs(demo, done.server_id, 'ACTIVE');
  const after = await readServer(demo, done.server_id);
  const { config_drive: _forced, ...like } = before.like;
  expect(after.like).toMatchObject(like);
  // Neutron says a little later that a port is up.
  const same = (server: typeof before) => server.ports.map(({ id: _, status: __, ...port }) => port);
  expect(same(after)).toEqual(same(before));
  for (const { disk_id, volume_id } of done.volumes)
    expect(await contentOf(volumeImage(volume_id))).toBe(content[disk_id]);
  await remove(
    done.server_id,
    done.volumes.map((one) => one.volume_id),
    after,
  );
  expect(await look()).toEqual(clean);
}

/** A restore takes half a minute; so many workers die in one. */
const KILLS_IN_ONE = 20;

test('restore as a new server', async () => {
  const all = await bench.placesOf(async () => checkAndRemove(await restore()));
  await bench.rounds('restore-new-server', all, async (kill) => checkAndRemove(await kill(restore)), KILLS_IN_ONE);
});

test('a restore that fails in its middle takes everything back', async () => {
  const [run = ''] = filesBelow(rewind.target).filter((name) => name.includes('/runs/'));
  const path = join(rewind.target, run);
  const good = readFileSync(path);
  const bad = Buffer.from(good);
  bad[2_000] = (bad[2_000] ?? 0) ^ 1;
  const fails = async () => {
    expect(await restore()).toMatchObject({ status: 'error', fail_code: 'vm-backup.archive.damaged' });
    expect(await look()).toEqual(clean);
  };
  writeFileSync(path, bad);
  try {
    const all = await bench.placesOf(fails);
    const places = all.filter((place) => place.endsWith('undo'));
    await bench.rounds('undo of restore-new-server', places, (kill) => kill(fails), KILLS_IN_ONE);
  } finally {
    writeFileSync(path, good);
  }
});

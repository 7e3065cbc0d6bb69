import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type BlankServer,
  bootBlankServer,
  dropBlankServer,
  dropOurSnaps,
  dropVolume,
  dropVolumesNamed,
  volumeImage,
  writeImage,
} from '../world/lab/blank-server.ts';
import { contentOf } from '../world/lab/content.ts';
import { openrc, rbd, rbdJson } from '../world/lab/lab.ts';
import { filesBelow } from '../world/lab/leftovers.ts';
import { available, carryOut, type Installation, install, settled } from '../world/lab/rewind.ts';
import { blockOf, blocksOf, follow } from '../world/lab/runbook.ts';
import { attach, createVolume, deleteServer, logIn, stopServer, type Tenant } from '../world/lab/tenant.ts';

/** What the runbooks say is typed as it stands, at the end of what they are for. */
const NAME = 'e2e-runbooks';

let demo: Tenant;
let admin: Tenant;
let rewind: Installation;
let server: BlankServer;
let data: string;
let backup: string;
/** Of each volume at the backup. */
const contents = new Map<string, string>();

beforeAll(async () => {
  [demo, admin] = await Promise.all([logIn('demo'), logIn('admin')]);
  rewind = install();
  rewind.start('all');
  [server] = await Promise.all([bootBlankServer(demo, NAME, 4), rewind.ready()]);
  await stopServer(demo, server.id);
  data = await createVolume(demo, `${NAME}-data`);
  await writeImage(volumeImage(data), [{ at: 100, length: 3 }]);
  await attach(demo, server.id, data);
  backup = (await available(carryOut(rewind, demo, 'backup', { server_id: server.id, name: NAME }))).id;
  for (const volume of [server.volume, data])
    contents.set(volume, await contentOf(`${volumeImage(volume)}@rewind-b-${backup}`));
});

afterAll(() => dropBlankServer(demo, server));
afterAll(() => dropVolumesNamed(demo, NAME));
afterAll(() => rewind.end());
afterAll(async () => {
  const left = (await rbdJson<string[]>('ls', 'volumes')).filter((name) => name === NAME || name === 'rescued');
  for (const image of left) {
    await rbd('snap', 'purge', '--no-progress', `volumes/${image}`);
    await rbd('rm', '--no-progress', `volumes/${image}`);
  }
});

/** A tenant at a prompt. */
const prompt = (who = demo) => ({
  ...{ REWIND: rewind.url, TOKEN: who.token, SERVER: server.id, BACKUP: backup, VOLUME: data },
});
/** An operator at a worker's prompt. */
const operator = () => ({ ...rewind.env, ...prompt(admin) });

interface Restored {
  server_id: string;
  volumes: { volume_id: string; disk_id: string }[];
}

const restoredBy = async (answer: string): Promise<{ id: string } & Restored> => {
  const { restore } = JSON.parse(answer) as { restore: { id: string } };
  return (await available(settled(rewind, demo, 'restore', restore.id))) as unknown as { id: string } & Restored;
};

async function expectWhole({ volumes }: Restored): Promise<void> {
  for (const { disk_id, volume_id } of volumes)
    expect(await contentOf(volumeImage(volume_id))).toBe(contents.get(disk_id));
}

test('the first look', async () => {
  const health = { 'http://127.0.0.1:8790': new URL(rewind.url).origin };
  const said = await follow(blocksOf('docs/runbooks/README.md', 'sh')[0] ?? '', operator(), health);
  expect(said).toContain('ok      target default');
  expect(said).toMatch(/^none\nOK$/m);
});

test('lost-volume', async () => {
  const found = await follow(blockOf('lost-volume', '.backups[]'), prompt());
  expect(found.split('\n')[0]).toBe(backup);
  expect(found).toContain(data);
  const restore = await restoredBy(
    await follow(blockOf('lost-volume', 'attach_to'), prompt(), { '"back"': `"${NAME}-back"` }),
  );
  const seen = await follow(blockOf('lost-volume', '$RESTORE'), { ...prompt(), RESTORE: restore.id });
  expect(JSON.parse(seen)).toMatchObject({ status: 'available', progress: 100, fail_reason: null });
  expect(restore.volumes).toHaveLength(1);
  await expectWhole(restore);
});

test('lost-server-disk', async () => {
  await writeImage(volumeImage(server.volume), [{ at: 9, length: 1 }]);
  const plan = await follow(blockOf('lost-server-disk', 'dry_run'), prompt());
  expect(plan).toContain(server.volume);
  const restore = await restoredBy(
    await follow(blocksOf('docs/runbooks/lost-server-disk.md', 'sh')[1] ?? '', prompt()),
  );
  await expectWhole(restore);
});

test('lost-ceph-pool', async () => {
  const wanted = await follow(blockOf('lost-ceph-pool', 'all_projects'), prompt(admin));
  expect(wanted.split('\n').map((line) => line.split('\t').slice(0, 2))).toContainEqual([server.id, backup]);
  await dropOurSnaps(volumeImage(data));
  await rbd('rm', '--no-progress', volumeImage(data));
  await follow(blockOf('lost-ceph-pool', 'admin restore'), operator());
  await expectWhole({ server_id: server.id, volumes: [{ disk_id: data, volume_id: data }] });
});

test('lost-region, and an image by hand into a volume', async () => {
  await rbd('create', '--size', '1G', `volumes/${NAME}`);
  const said = await follow(
    blockOf('lost-region', 'admin points'),
    { BACKUP: backup, DISK: data, HOME: rewind.folder },
    {
      '/mnt/backups': rewind.target,
      '/safe/manifest.key': join(rewind.folder, 'manifest.key'),
      'ssh elsewhere rbd': 'rbd',
      'pool/image': `volumes/${NAME}`,
    },
  );
  expect(said).toContain(backup);
  const content = contents.get(data);
  expect([await contentOf('volumes/rescued'), await contentOf(`volumes/${NAME}`)]).toEqual([content, content]);
  await rbd('snap', 'purge', '--no-progress', `volumes/${NAME}`);
  await rbd('rm', '--no-progress', `volumes/${NAME}`);
  const empty = await createVolume(demo, `${NAME}-by-hand`);
  await follow(blockOf('lost-rewind-database', 'volumes/empty-'), prompt(), { '<id>': empty });
  expect(await contentOf(volumeImage(empty))).toBe(content);
});

test('lost-rewind-database: what is told without the key, and what closes an old copy of it', async () => {
  const listed = await follow(blockOf('lost-rewind-database', 'head -n -1'), {}, { '/mnt/backups': rewind.target });
  expect(listed.split('\n').map((line) => line.split('\t').slice(0, 3))).toContainEqual([
    ...[backup, demo.projectId, server.id],
  ]);
  const copy = join(rewind.folder, 'copy.db');
  const living = new DatabaseSync(join(rewind.folder, 'rewind.db'));
  living.exec(`vacuum into '${copy}'`);
  living.close();
  const database = new DatabaseSync(copy);
  for (const block of ['lost-rewind-database', 'stuck-operation'].flatMap((page) =>
    blocksOf(`docs/runbooks/${page}.md`, 'sql'),
  ))
    database.exec(block);
  database.close();
});

test('ransomware, full-target, damaged-backup: what lies there', async () => {
  expect(await follow(blockOf('ransomware', 'admin points'), operator())).toContain(backup);
  expect(await follow(blockOf('ransomware', 'changed_bytes'), prompt())).toMatch(
    new RegExp(`^${backup}\t.*\t\\d+\t\\d+$`),
  );
  expect(await follow(blockOf('full-target', 'stored_bytes:desc'), prompt(admin))).toContain(backup);
  const { disks } = (await rewind.call<{ backup: { disks: { id: string }[] } }>(demo, 'GET', `/v1/backups/${backup}`))
    .body.backup;
  expect(disks.length).toBe(2);
  const place = { '<project>': demo.projectId, '<server>': server.id, '/mnt/backups': rewind.target };
  const object = filesBelow(rewind.target).find((name) => name.includes('/runs/') && name.includes(data)) ?? '';
  const needed = await follow(blockOf('damaged-backup', 'head -n -1'), {}, { ...place, '<run>': object });
  expect(needed).toBe(backup);
});

test('ceph-trash', async () => {
  const [gone] = (await rbdJson<string[]>('ls', 'volumes')).filter((name) => name === `volume-${data}`);
  expect(gone).toBeDefined();
  const id = (await rbdJson<{ id: string }>('info', volumeImage(data))).id;
  await available(carryOut(rewind, demo, 'backup', { server_id: server.id, name: NAME }));
  await deleteServer(demo, server.id);
  await demo.call('volume', 'DELETE', `/volumes/${data}`);
  const place = { '<image id>': id };
  const [list = ''] = blocksOf('docs/runbooks/ceph-trash.md', 'sh');
  const mine = { ...openrc('admin'), HOME: rewind.folder };
  let seen = '';
  while (!seen.includes('rewind-b-')) seen = await follow(list, mine, place).catch(() => '');
  await follow(blockOf('ceph-trash', 'trash rm'), mine, place);
  expect((await rbdJson<{ id: string }[]>('trash', 'ls', 'volumes')).map((one) => one.id)).not.toContain(id);
});

test('lost-server', async () => {
  const found = await follow(blockOf('lost-server', 'server_name=web').replace('BACKUP=…', ''), prompt(), {
    web: NAME,
  });
  expect(found).toContain(`${server.id}`);
  const asked = await follow(blockOf('lost-server', 'dry_run'), prompt());
  expect(asked).toContain(NAME);
  const block = blockOf('lost-server', 'jq -r .restore.id');
  const [make = '', look = ''] = block.split('\n');
  const id = await follow(make, prompt());
  const restore = (await available(settled(rewind, demo, 'restore', id))) as unknown as Restored;
  expect(JSON.parse(await follow(look, { ...prompt(), RESTORE: id }))).toMatchObject({ status: 'available' });
  await expectWhole(restore);
  await deleteServer(demo, restore.server_id);
  for (const { volume_id } of restore.volumes) await dropVolume(demo, volume_id);
});

import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { rootKeyFile } from '../../src/adapters/keys/root-key-file.ts';
import { DirectoryTarget } from '../../src/adapters/target/directory/directory-target.ts';
import { parseKeyObject, parseRunObject } from '../../src/archive/format/layout.ts';
import { openKeyObject } from '../../src/archive/keys/key-object.ts';
import { openRunKey } from '../../src/archive/keys/run-key.ts';
import { OwnRedis } from '../contract/redis-server.ts';
import {
  type BlankServer,
  bootBlankServer,
  dropBlankServer,
  dropVolumesNamed,
  volumeImage,
  writeImage,
} from '../world/lab/blank-server.ts';
import { contentOf } from '../world/lab/content.ts';
import { type Listening, listen } from '../world/lab/everything-said.ts';
import { openrc, until } from '../world/lab/lab.ts';
import { filesBelow } from '../world/lab/leftovers.ts';
import { restoredContent, verified } from '../world/lab/proof.ts';
import { available, carryOut, type Installation, install, type RunningProcess } from '../world/lab/rewind.ts';
import { logIn, stopServer, type Tenant } from '../world/lab/tenant.ts';

const NAME = 'e2e-encrypted';
const ROOTS = ['2025', '2026'].map((id) => ({ id, hex: randomBytes(32).toString('hex') }));

let demo: Tenant;
let redis: OwnRedis;
let rewind: Installation;
let running: RunningProcess;
let server: BlankServer;
let listening: Listening;
const backups: string[] = [];

const rootKeys = () => join(rewind.folder, 'root.key');
const writeRoots = (...roots: typeof ROOTS) =>
  writeFileSync(rootKeys(), roots.map(({ id, hex }) => `${id} ${hex}\n`).join(''), { mode: 0o600 });
const objects = () => filesBelow(rewind.target).filter((name) => !name.startsWith('.tmp/'));

beforeAll(async () => {
  [demo, redis] = await Promise.all([logIn('demo'), OwnRedis.start()]);
  rewind = install({ REWIND_REDIS_URL: redis.url });
  listening = await listen(rewind, redis.url);
  running = rewind.start('all');
  [server] = await Promise.all([bootBlankServer(demo, NAME, 8), rewind.ready()]);
});

afterAll(() => listening.stop());
afterAll(() => dropBlankServer(demo, server));
afterAll(() => dropVolumesNamed(demo, NAME));
afterAll(() => rewind.end());
afterAll(() => redis.remove());

async function backUp(): Promise<string> {
  const backup = await available(carryOut(rewind, demo, 'backup', { server_id: server.id }));
  backups.push(backup.id);
  return backup.id;
}

const restored = (backup: string): Promise<string> => restoredContent(rewind, demo, backup);

/** What a backup is said to be once it was read back. */
async function provenToBe(backup: string): Promise<{ status: string; fail_code: string | null }> {
  await verified(rewind, demo, backup);
  const path = `/v1/backups/${backup}`;
  const { body } = await rewind.call<{ backup: { status: string; fail_code: string | null } }>(demo, 'GET', path);
  return body.backup;
}

test('an encrypted increment goes on from a full backup in clear, and comes back as it was', async () => {
  const first = await backUp();
  await running.stop();
  writeRoots(ROOTS[0]!);
  Object.assign(rewind.env, {
    REWIND_ARCHIVE_ENCRYPTION_MODE: 'required',
    REWIND_ARCHIVE_ENCRYPTION_KEY_FILE: rootKeys(),
  });
  running = rewind.start('all');
  await rewind.ready();
  await stopServer(demo, server.id);
  await writeImage(volumeImage(server.volume), [{ at: 40, length: 2 }]);
  const expected = await contentOf(volumeImage(server.volume));
  const second = await backUp();
  const runs = objects().filter((name) => parseRunObject(name));
  const trailers = runs.map((name) => readFileSync(join(rewind.target, name)).subarray(-60, -44).toString());
  expect(trailers.sort()).toEqual(['rewind-run-end/1', 'rewind-run-end/2']);
  expect(await restored(second)).toBe(expected);
  for (const backup of [first, second]) expect((await provenToBe(backup)).status).toBe('available');
});

test('the root key is replaced while Rewind runs, without touching data', async () => {
  const runs = () => objects().filter((name) => parseRunObject(name));
  const before = runs().map((name) => readFileSync(join(rewind.target, name)));
  writeRoots(...ROOTS);
  const rotated = await rewind.admin('keys', 'rotate');
  expect(rotated).toMatchObject({ code: '0', stdout: expect.stringMatching(/1 keys wrapped under 2026/) });
  writeRoots(ROOTS[1]!);
  expect((await rewind.admin('keys', 'list')).stdout).toMatch(/wrapped under 2026$/m);
  expect(runs().map((name) => readFileSync(join(rewind.target, name)))).toEqual(before);
  // Connections that were idle meanwhile are closed by now.
  await rewind.ready();
  expect((await provenToBe(backups[1] ?? '')).status).toBe('available');
});

test('no secret is in a log, a job, the database, a process list, an answer, on the target', async () => {
  const target = new DirectoryTarget('default', rewind.target);
  const manifestKey = Buffer.from(readFileSync(join(rewind.folder, 'manifest.key'), 'utf8'), 'hex');
  const place = objects()
    .map(parseKeyObject)
    .find((one) => one !== undefined)!;
  const holders = { rootKeys: rootKeyFile(rootKeys()), manifestKey };
  const project = await openKeyObject(target, place, holders);
  const secrets: Record<string, Buffer | string> = {
    'root key': Buffer.from(ROOTS[1]!.hex, 'hex'),
    'old root key': Buffer.from(ROOTS[0]!.hex, 'hex'),
    'manifest key': manifestKey,
    'project key': project.export(),
    token: demo.token,
    'service password': readFileSync(rewind.env.REWIND_KEYSTONE_PASSWORD_FILE ?? '', 'utf8').trim(),
    "tenant's password": openrc('demo').OS_PASSWORD ?? '',
  };
  for (const name of objects().filter((one) => parseRunObject(one))) {
    const bytes = readFileSync(join(rewind.target, name));
    if (bytes.subarray(-60, -44).toString() !== 'rewind-run-end/2') continue;
    const at = Number(bytes.readBigUInt64LE(bytes.length - 44)) + 8;
    const key = openRunKey(name, { id: place.keyId, key: project }, bytes.subarray(at, at + 56));
    secrets[`data key of ${name}`] = key.export();
  }
  expect(Object.values(secrets).every((secret) => secret.length > 5)).toBe(true);
  expect(Object.keys(secrets)).toHaveLength(8);
  // What is listened for can be heard.
  expect(await listening.heard({ known: backups[1] ?? '?' })).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/in answers/),
      expect.stringMatching(/rewind\.db/),
      expect.stringMatching(/\.log/),
    ]),
  );
  expect(listening.sizes()).toEqual({
    redis: expect.any(Number),
    processes: expect.any(Number),
    answers: expect.any(Number),
  });
  for (const [where, count] of Object.entries(listening.sizes())) expect([where, count > 10]).toEqual([where, true]);
  expect(await listening.heard(secrets)).toEqual([]);
  console.log(
    `listened to ${JSON.stringify(listening.sizes())}, ${objects().length} objects, logs and database: 0 secrets`,
  );
});

test('a run that rots is found, and the backup repaired from the snap that is still on the disk', async () => {
  const newest = await backUp();
  const verify = async () => (await verified(rewind, demo, newest, { against_source: true })).status;
  expect(await verify()).toBe('succeeded');
  const run = objects().find((name) => parseRunObject(name)?.makerId === newest) ?? '';
  const bytes = readFileSync(join(rewind.target, run));
  bytes[30]! ^= 1;
  chmodSync(join(rewind.target, run), 0o600);
  writeFileSync(join(rewind.target, run), bytes);
  expect(await verify()).toBe('failed');
  const again = await until('repaired', 120_000, async () => {
    const { body } = await rewind.call<{ backup: { status: string } }>(demo, 'GET', `/v1/backups/${newest}`);
    return body.backup.status === 'available' && body.backup;
  });
  expect(again).toMatchObject({ status: 'available', fail_code: null });
  expect(await restored(newest)).toBe(await contentOf(volumeImage(server.volume)));
  // Whoever repaired it may hold the server for a moment more.
  await until('nobody holds the server', 30_000, async () => (await verify().catch(() => '')) === 'succeeded');
});

test('an erased project: its encrypted backups say so, those in clear stay, the next one gets a new key', async () => {
  expect(await rewind.admin('keys', 'erase', demo.projectId)).toMatchObject({
    code: '1',
    stdout: expect.stringMatching(/Nothing was erased/),
  });
  await rewind.ready();
  expect((await provenToBe(backups[1] ?? '')).status).toBe('available');
  const erased = await rewind.admin('keys', 'erase', demo.projectId, '--yes');
  expect(erased).toMatchObject({ code: '0', stdout: expect.stringMatching(/1 keys erased; 2 backups cannot be read/) });
  await rewind.ready();
  const said = { status: 'error', fail_code: 'vm-backup.archive.key-erased' };
  const shown = await rewind.call<{ backup: object }>(demo, 'GET', `/v1/backups/${backups[1]}`);
  expect(shown.body.backup).toMatchObject(said);
  expect(await provenToBe(backups[1] ?? '')).toMatchObject(said);
  expect((await provenToBe(backups[0] ?? '')).status).toBe('available');
  const expected = await contentOf(volumeImage(server.volume));
  expect(await restored(await backUp())).toBe(expected);
});

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type BlankServer,
  bootBlankServer,
  dropBlankServer,
  dropVolumesNamed,
  volumeImage,
} from '../world/lab/blank-server.ts';
import { contentOf } from '../world/lab/content.ts';
import { until } from '../world/lab/lab.ts';
import { restoredContent, verified } from '../world/lab/proof.ts';
import { available, carryOut, type Installation, install, settled } from '../world/lab/rewind.ts';
import { type LabBucket, labBucket, labS3 } from '../world/lab/s3.ts';
import { logIn, type Tenant } from '../world/lab/tenant.ts';

/**
 * Backups in a bucket of a real RADOS gateway, their copies in another one whose data lie in another pool of Ceph; and
 * then the first bucket is lost.
 */
const NAME = 'e2e-other-targets';

let demo: Tenant;
let rewind: Installation;
let server: BlankServer;
let first: LabBucket;
let second: LabBucket;
const contents = new Map<string, string>();

const settingsOf = (name: string, { settings }: LabBucket) => ({
  ...{ name, type: 's3', endpoint: settings.endpoint, bucket: settings.bucket, prefix: settings.prefix },
  ...{ access_key: settings.accessKey, secret_key_file: labS3().secretKeyFile },
});

beforeAll(async () => {
  demo = await logIn('demo');
  [first, second] = [labBucket('rewind'), labBucket('rewind-second')];
  rewind = install({ REWIND_TARGETS: JSON.stringify([settingsOf('first', first), settingsOf('second', second)]) });
  rewind.start('all');
  [server] = await Promise.all([bootBlankServer(demo, NAME, 40), rewind.ready()]);
});

afterAll(() => dropBlankServer(demo, server));
afterAll(() => dropVolumesNamed(demo, NAME));
afterAll(() => rewind.end());
afterAll(() => first.empty());
afterAll(() => second.empty());

async function backUp(name: string): Promise<string> {
  const { id } = await available(carryOut(rewind, demo, 'backup', { server_id: server.id, name }));
  contents.set(id, await contentOf(`${volumeImage(server.volume)}@rewind-b-${id}`));
  return id;
}

async function copied(backup: string) {
  const path = `/v1/backups/${backup}/copies`;
  const asked = await rewind.call<{ backup: { id: string } }>(demo, 'POST', path, { copy: { target: 'second' } });
  expect(asked.status).toBe(202);
  return available(settled(rewind, demo, 'backup', asked.body.backup.id));
}

test('a server is backed up to a bucket, incrementally, and restored from it', async () => {
  const full = await backUp('full');
  // As large as this, it went up in parts.
  const { body } = await rewind.call<{ backup: { stored_bytes: number } }>(demo, 'GET', `/v1/backups/${full}`);
  expect(body.backup.stored_bytes).toBeGreaterThan(2 * 16 * 1024 * 1024);
  const increment = await backUp('increment');
  const shown = await rewind.call<{ backup: { incremental: boolean; target: string } }>(
    demo,
    'GET',
    `/v1/backups/${increment}`,
  );
  expect(shown.body.backup).toMatchObject({ incremental: true, target: 'first' });
  expect(await restoredContent(rewind, demo, increment)).toBe(contents.get(increment));
  expect(await first.uploads()).toEqual([]);
});

test('targets are listed with how they are doing', async () => {
  const targets = await until('reports', 90_000, async () => {
    const { body } = await rewind.call<{ targets: { name: string; available: boolean | null }[] }>(
      demo,
      'GET',
      '/v1/targets',
    );
    return body.targets.every((one) => one.available !== null) && body.targets;
  });
  expect(targets).toMatchObject([
    { name: 'first', type: 's3', default: true, available: true, fail_code: null, total_bytes: null },
    { name: 'second', type: 's3', default: false, available: true },
  ]);
  expect(JSON.stringify(targets)).not.toContain(first.settings.secretKey);
});

test('copies lie in another pool, and restore when the first bucket is lost', async () => {
  const [full, increment] = [...contents.keys()] as [string, string];
  const copyOfFull = await copied(full);
  const copy = await copied(increment);
  expect(copyOfFull).toMatchObject({ copy_of: full, target: 'second', incremental: false });
  // Only what was not there yet.
  expect(copy).toMatchObject({ copy_of: increment, incremental: true, base_backup_id: copyOfFull.id });
  expect(copy.stored_bytes).toBeLessThan(Number(copyOfFull.stored_bytes) / 10);
  await first.empty();
  expect(await verified(rewind, demo, copy.id)).toMatchObject({ status: 'succeeded', fail_code: null });
  expect(await restoredContent(rewind, demo, copy.id)).toBe(contents.get(increment));
  // The original's end does not touch the copy. An empty bucket has no mark: it is taken for one that is away, and nothing
  // of it for bad.
  const lost = { status: 'failed', fail_code: 'vm-backup.target.unavailable' };
  expect(await verified(rewind, demo, increment)).toMatchObject(lost);
  for (const id of [copy.id, increment]) expect((await settled(rewind, demo, 'backup', id)).status).toBe('available');
});

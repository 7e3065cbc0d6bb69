import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type BlankServer,
  bootBlankServer,
  dropBlankServer,
  dropVolumesNamed,
  volumeImage,
} from '../world/lab/blank-server.ts';
import { contentOf } from '../world/lab/content.ts';
import { type KillBench, killBench } from '../world/lab/killing.ts';
import { restoredContent } from '../world/lab/proof.ts';
import { available, carryOut, type Installation, install, settled } from '../world/lab/rewind.ts';
import { logIn, type Tenant } from '../world/lab/tenant.ts';

/** The database is lost, the target is not: backups come back into an empty catalogue and can be restored. */
const NAME = 'e2e-lost-catalogue';

let demo: Tenant;
let admin: Tenant;
let rewind: Installation;
let server: BlankServer;
let content: string;
let newest: string;
let exported: string;
let sealed: string;

/** Another installation on the same target, with the same key and an empty database. */
const emptyOne = (more: Record<string, string> = {}) =>
  install({
    ...more,
    REWIND_TARGETS: JSON.stringify([{ name: 'default', type: 'directory', path: rewind.target }]),
    REWIND_ARCHIVE_MANIFEST_KEY_FILE: join(rewind.folder, 'manifest.key'),
  });

beforeAll(async () => {
  [demo, admin] = await Promise.all([logIn('demo'), logIn('admin')]);
  rewind = install();
  rewind.start('all');
  [server] = await Promise.all([bootBlankServer(demo, NAME, 4), rewind.ready()]);
  for (const name of ['one', 'two'])
    newest = (await available(carryOut(rewind, demo, 'backup', { server_id: server.id, name }))).id;
  content = await contentOf(`${volumeImage(server.volume)}@rewind-b-${newest}`);
});

afterAll(() => dropBlankServer(demo, server));
afterAll(() => dropVolumesNamed(demo, NAME));
afterAll(() => rewind.end());

async function restores(from: Installation): Promise<void> {
  expect(await restoredContent(from, demo, newest)).toBe(content);
}

const manifestFile = (id: string): string =>
  join(rewind.target, 'projects', demo.projectId, 'servers', server.id, 'backups', id, 'manifest.json');

test('all is exported, or one; a tenant sees what is his', async () => {
  exported = join(rewind.folder, 'export.jsonl');
  expect(await rewind.admin('export', '--project', demo.projectId, exported)).toMatchObject({ code: '0' });
  expect(readFileSync(exported, 'utf8').trim().split('\n')).toHaveLength(2);
  const one = await rewind.admin('export', '--backup', newest, '-');
  expect(JSON.parse(one.stdout.trim()).manifest).toBe(readFileSync(manifestFile(newest), 'utf8'));
  const path = `/v1/backups/${newest}/manifest`;
  const operators = await rewind.call<{ manifest: { sealed: string } }>(admin, 'GET', path);
  sealed = operators.body.manifest.sealed;
  expect(sealed).toBe(readFileSync(manifestFile(newest), 'utf8'));
  const tenants = await rewind.call<{ manifest: { sealed: null } }>(demo, 'GET', path);
  expect(tenants.body.manifest.sealed).toBeNull();
  expect(JSON.stringify(tenants.body)).not.toContain(volumeImage(server.volume).split('/')[1]);
});

test('an export comes into an empty catalogue, with a manifest that was lost on the target', async () => {
  const other = emptyOne();
  try {
    const before = readFileSync(manifestFile(newest));
    rmSync(manifestFile(newest));
    const forged = join(rewind.folder, 'forged.jsonl');
    writeFileSync(forged, readFileSync(exported, 'utf8').replaceAll(NAME, 'e2e-lost-catalogu3'));
    expect(await other.admin('import', forged)).toMatchObject({ code: '1', stderr: expect.stringMatching(/damaged/) });
    expect(await other.admin('import', exported)).toMatchObject({
      code: '0',
      stderr: expect.stringContaining('imported 2, refused 0'),
    });
    expect(readFileSync(manifestFile(newest))).toEqual(before);
    expect((await other.admin('import', exported)).stderr).toContain('imported 0, 2 were there, refused 0');
    other.start('all');
    await other.ready();
    const { body } = await other.call<{ backups: { id: string; name: string }[] }>(demo, 'GET', '/v1/backups');
    expect(body.backups.map((one) => one.name)).toEqual(['two', 'one']);
    await restores(other);
  } finally {
    await other.end();
  }
});

test('everything on a target comes into an empty catalogue', async () => {
  const other = emptyOne();
  try {
    expect(await other.admin('import-target', 'default')).toMatchObject({
      code: '0',
      stderr: expect.stringContaining('imported 2, refused 0'),
    });
    other.start('all');
    await other.ready();
    await restores(other);
    const next = await available(carryOut(other, demo, 'backup', { server_id: server.id, name: 'three' }));
    expect(next).toMatchObject({ incremental: true, base_backup_id: newest });
  } finally {
    await other.end();
  }
});

test('one point comes in through the API; a forged one does not, and leaves nothing', async () => {
  const other = emptyOne();
  try {
    other.start('all');
    await other.ready();
    const ask = (manifest: string) =>
      other.call<{ backup: { id: string; operation_id: string } }>(admin, 'POST', '/v1/backups/import', {
        backup: { target: 'default', manifest },
      });
    const forged = await ask(sealed.replaceAll(NAME, 'e2e-lost-catalogu3'));
    expect(forged.status).toBe(202);
    const settledAs = async (operationId: string) => {
      for (;;) {
        const { body } = await other.call<{ operation: { status: string; fail_code: string | null } }>(
          admin,
          'GET',
          `/v1/operations/${operationId}`,
        );
        if (!['queued', 'running'].includes(body.operation.status)) return body.operation;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    };
    expect(await settledAs(forged.body.backup.operation_id)).toMatchObject({
      status: 'failed',
      fail_code: 'vm-backup.archive.damaged',
    });
    expect((await other.call(demo, 'GET', `/v1/backups/${newest}`)).status).toBe(404);
    const good = await ask(sealed);
    expect(good.status).toBe(202);
    expect(await available(settled(other, demo, 'backup', newest))).toMatchObject({ name: 'two' });
    expect((await ask(sealed)).status).toBe(409);
    await restores(other);
  } finally {
    await other.end();
  }
});

test('kill -9 of the worker anywhere in an import: another one finishes it', async () => {
  const importInto = async (other: Installation) => {
    const asked = await other.call(admin, 'POST', '/v1/backups/import', {
      backup: { target: 'default', manifest: sealed },
    });
    expect(asked.status).toBe(202);
    return await available(settled(other, demo, 'backup', newest));
  };
  const onFresh = async (act: (other: Installation, bench: KillBench) => Promise<void>) => {
    const other = emptyOne({ REWIND_WORKER_LEASE_SECONDS: '1' });
    other.start('api');
    await other.ready();
    const bench = killBench(other);
    try {
      await act(other, bench);
    } finally {
      await bench.stop();
      await other.end();
    }
  };
  let places: string[] = [];
  await onFresh(async (other, bench) => {
    places = await bench.placesOf(() => importInto(other));
  });
  expect(places.length).toBeGreaterThan(6);
  const before = readFileSync(manifestFile(newest));
  for (const place of places) {
    // With and without the manifest on the target.
    if (places.indexOf(place) % 2 === 0) rmSync(manifestFile(newest));
    await onFresh(async (other, bench) => {
      expect(await bench.killAt(place, () => importInto(other))).toMatchObject({ name: 'two', status: 'available' });
      expect((await other.call(admin, 'GET', `/v1/backups/${newest}/manifest`)).body).toMatchObject({
        manifest: { sealed },
      });
    });
    expect(readFileSync(manifestFile(newest))).toEqual(before);
  }
  console.log(`import: killed at ${places.length} of ${places.length} boundaries, finished every time`);
});

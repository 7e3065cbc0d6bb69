import { describe, expect, test } from '@jest/globals';
import { dryRunAnswer, restoreAnswer } from '../../../src/api/restores/schemas.ts';
import { apiWorld } from '../../world/api/api-world.ts';
import { attached, server, uuidOf, volume } from '../../world/api/fake-cloud.ts';
import { recordedServer } from '../../world/api/recorded.ts';
import { backup } from '../../world/api/rows.ts';

const BACKUP = uuidOf(100);
const SERVER = uuidOf(1);
const DATA = uuidOf(10);

/** A server with the disks of its backup, and one that was attached since. */
function ready() {
  const world = apiWorld();
  world.stores.backups.set(BACKUP, backup());
  world.stores.recorded.set(BACKUP, recordedServer());
  world.cloud.add(server({ volumes: attached(DATA, uuidOf(11)) }), volume(), volume({ id: uuidOf(11) }));
  const post = (wanted: object) =>
    world.http
      .post('/v1/restores')
      .set('X-Auth-Token', 'member')
      .send({ restore: { backup_id: BACKUP, ...wanted } });
  const warnings = async (wanted: object) => {
    const { plan, conflicts } = dryRunAnswer.parse((await post({ ...wanted, dry_run: true })).body).restore;
    expect(conflicts).toEqual([]);
    return plan.warnings;
  };
  return { ...world, post, warnings };
}

describe('a restore in place', () => {
  test('of some disks names every disk that stays newer, and what that means', async () => {
    const world = ready();
    const found = await world.warnings({ mode: 'in_place', disks: [DATA] });
    expect(found.map((one) => one.code)).toEqual(['disk.stays-newer', 'volume.stays-newer']);
    expect(found[0]?.detail).toContain(SERVER);
    expect(found[1]?.detail).toContain(uuidOf(11));
    for (const { detail } of found) expect(detail).toContain('a database and its log');
    const made = restoreAnswer.parse((await world.post({ mode: 'in_place', disks: [DATA] })).body).restore;
    expect(made.differences).toEqual(found);
  });

  test('of all disks says nothing where newer volumes leave', async () => {
    expect(await ready().warnings({ mode: 'in_place', newer_volumes: 'detach' })).toEqual([]);
  });

  test('names a volume that was extended since', async () => {
    const world = ready();
    world.cloud.add(volume({ sizeGiB: 25 }));
    const [found] = await world.warnings({ mode: 'in_place', newer_volumes: 'detach' });
    expect(found).toMatchObject({ code: 'volume.extended' });
    expect(found?.detail).toMatch(new RegExp(`${DATA} was extended from 10 to 25 GiB`));
  });
});

describe('new volumes', () => {
  test('beside their originals have the same file system UUID: said', async () => {
    const world = ready();
    const found = await world.warnings({ mode: 'volumes', attach_to: SERVER });
    expect(found.map((one) => one.code)).toEqual(['volume.beside-original', 'volume.beside-original']);
    expect(found[0]?.detail).toContain('UUID');
    expect(await world.warnings({ mode: 'volumes' })).toEqual([]);
  });

  test('lack what the Block Storage service does not take, and that is told before', async () => {
    const world = ready();
    const recorded = recordedServer();
    const disks = recorded.disks.map((disk) => ({
      ...disk,
      metadata: { readonly: 'True', attached_mode: 'rw' },
      imageMetadata: { img_signature: 'x'.repeat(344) },
    }));
    world.stores.recorded.set(BACKUP, { ...recorded, disks });
    const codes = (await world.warnings({ mode: 'volumes' })).map((one) => one.code);
    expect(codes).toEqual(['volume.readonly', 'volume.image-property']);
  });
});

describe('volumes that are made', () => {
  const lost = () => {
    const world = ready();
    world.cloud.volumes.delete(DATA);
    return world;
  };
  const modes = ['volumes', 'in_place'] as const;

  test.each(modes)(
    'of a type that is gone are refused before anything is begun, and another one may be said (%s)',
    async (mode) => {
      const world = lost();
      world.cloud.offer.types = ['fast'];
      const dry = dryRunAnswer.parse((await world.post({ mode, dry_run: true })).body).restore;
      expect(dry.conflicts.map((one) => one.code)).toEqual(['vm-backup.volume-type.gone']);
      expect((await world.post({ mode })).status).toBe(409);
      const made = await world.post({ mode, volume_types: { ceph: 'fast' } });
      expect(made.status).toBe(202);
      const operation = world.stores.operationRows.get(made.body.restore.operation_id);
      expect(operation?.input).toMatchObject({ volumes: [{ disk_id: DATA, volume_type: 'fast' }] });
    },
  );

  test.each(modes)('go into the default zone when their own is gone, which is told (%s)', async (mode) => {
    const world = lost();
    world.cloud.offer.zones.volume = ['elsewhere'];
    const recorded = recordedServer();
    const disks = recorded.disks.map((disk) => ({ ...disk, ...(disk.volumeId !== null && { zone: 'nova' }) }));
    world.stores.recorded.set(BACKUP, { ...recorded, disks });
    const made = await world.post({ mode });
    expect(made.body.restore.differences.map((one: { code: string }) => one.code)).toContain('volume.zone');
    const operation = world.stores.operationRows.get(made.body.restore.operation_id);
    expect(operation?.input).toMatchObject({ volumes: [{ disk_id: DATA, availability_zone: null }] });
  });

  test("a type that nothing is made of is the request's mistake", async () => {
    const world = ready();
    for (const wanted of [
      { mode: 'in_place', volume_types: { ceph: 'fast' } },
      { mode: 'volumes', volume_types: { gold: 'fast' } },
    ]) {
      const answer = await world.post(wanted);
      expect([answer.status, answer.body.errors[0].code]).toEqual([400, 'vm-backup.volume-type.unused']);
    }
  });
});

test('a new server leaves room for what is ours while it is made, and tells what does not fit', async () => {
  const world = ready();
  world.cloud.servers.clear();
  const metadata = Object.fromEntries(Array.from({ length: 129 }, (_, n) => [`k${n}`, 'v']));
  world.stores.recorded.set(
    BACKUP,
    recordedServer({ metadata, configDrive: true, name: ' web\u0007', tags: ['a,b'], keyName: 'é' }),
  );
  const { body } = await world.post({ mode: 'new_server', dry_run: true });
  const { plan } = dryRunAnswer.parse(body).restore;
  expect(plan.new_server?.name).toBe('web');
  const codes = plan.new_server?.differences.map((one) => one.code);
  expect(codes).toEqual(
    expect.arrayContaining(['server.name', 'server.tags', 'server.metadata-items', 'config-drive.metadata']),
  );
});

import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type BlankServer,
  bootBlankServer,
  dropBlankServer,
  dropVolume,
  dropVolumesNamed,
  volumeImage,
  writeImage,
} from '../../world/lab/blank-server.ts';
import { createSnapshot, createVolumeType, deleteSnapshot } from '../../world/lab/block-storage.ts';
import { footprint } from '../../world/lab/footprint.ts';
import { lab, until } from '../../world/lab/lab.ts';
import { filesBelow } from '../../world/lab/leftovers.ts';
import { Mounts } from '../../world/lab/mounts.ts';
import { type Outcomes, outcomes, type Refusal } from '../../world/lab/outcomes.ts';
import { verified } from '../../world/lab/proof.ts';
import {
  available,
  carryOut,
  type Installation,
  install,
  type RunningProcess,
  settled,
} from '../../world/lab/rewind.ts';
import {
  act,
  attach,
  createVolume,
  deleteServer,
  detach,
  logIn,
  must,
  serverIs,
  stopServer,
  type Tenant,
  volumeIs,
} from '../../world/lab/tenant.ts';

const PREFIX = 'e2e2-luck';
const LIMITED = 'e2e2-limited';
const DATA_MIB = 24;
const FULL_MIB = 20;
const IMPATIENT = { REWIND_WORKER_RETRY_SECONDS: '3', REWIND_WORKER_LEASE_SECONDS: '8' };
/** The whole disk takes 12 s, so that one can be met in the middle. */
const SLOW = { REWIND_WORKER_MAX_BYTES_PER_SECOND: String(2 * 1024 ** 2) };

let demo: Tenant;
let admin: Tenant;
let rewind: Installation;
let worker: RunningProcess;
let server: BlankServer;
let data: string;
let backup: string;
let type: string;
let luck: Outcomes;
const mounts = new Mounts();
const targets: Record<string, string> = {};

async function workAs(settings: Record<string, string>): Promise<void> {
  await worker.stop();
  worker = rewind.start('worker', { ...IMPATIENT, ...settings });
}

beforeAll(async () => {
  [demo, admin] = await Promise.all([logIn('demo'), logIn('admin')]);
  for (const name of ['readonly', 'unmounted']) targets[name] = mounts.add(name, 64);
  targets.full = mounts.add('full', FULL_MIB);
  const listed = Object.entries(targets).map(([name, path]) => ({ name, type: 'directory', path }));
  const folder = mounts.add('default', 512);
  rewind = install({
    REWIND_TARGETS: JSON.stringify([{ name: 'default', type: 'directory', path: folder }, ...listed]),
  });
  targets.default = folder;
  type = await createVolumeType(admin, LIMITED);
  luck = outcomes(rewind, demo, look);
  rewind.start('api');
  worker = rewind.start('worker', IMPATIENT);
  [server, data] = await Promise.all([
    bootBlankServer(demo, PREFIX, DATA_MIB),
    createVolume(demo, `${PREFIX}-data`, 1, { volume_type: LIMITED }),
    rewind.ready(),
  ]);
  await writeImage(volumeImage(data), [{ at: 1, length: 1 }]);
  await attach(demo, server.id, data);
  const first = await available(carryOut(rewind, demo, 'backup', { server_id: server.id, name: 'first' }));
  await available(carryOut(rewind, demo, 'backup', { server_id: server.id, target: 'unmounted' }));
  backup = first.id;
  mounts.makeReadOnly(targets.readonly ?? '');
  mounts.remove(targets.unmounted ?? '');
});

afterAll(() => dropBlankServer(demo, server));
afterAll(() => dropVolumesNamed(demo, PREFIX));
afterAll(async () => {
  if (type) await must(admin.call('volume', 'DELETE', `/types/${type}`));
});
afterAll(() => rewind?.end());
afterAll(() => mounts.end());

const look = () => footprint(rewind, demo, { servers: [server.id], prefix: PREFIX, targets: Object.values(targets) });

const wantBackup = (more: Record<string, unknown> = {}) =>
  ['POST', '/v1/backups', { backup: { server_id: server.id, ...more } }] as const;
const wantRestore = (more: Record<string, unknown> = {}) =>
  ['POST', '/v1/restores', { restore: { backup_id: backup, mode: 'in_place', ...more } }] as const;

describe('a request that makes no sense', () => {
  test('an unknown server, target, backup, disk', async () => {
    await luck.refused(wantBackup({ server_id: randomUUID() }), 400, 'server.not-found');
    await luck.refused(wantBackup({ target: 'nowhere' }), 400, 'target.unknown');
    await luck.refused(wantRestore({ backup_id: randomUUID() }), 400, 'backup.not-found');
    await luck.refused(wantRestore({ disks: [randomUUID()] }), 400, 'disk.unknown');
    await luck.refused(wantRestore({ server_id: randomUUID() }), 400, 'server.differs');
    await luck.refused(wantRestore({ mode: 'volumes', attach_to: randomUUID() }), 400, 'server.not-found');
  });
});

describe('a server that is not ready', () => {
  test('paused', async () => {
    await act(demo, server.id, { pause: null });
    await serverIs(demo, server.id, 'PAUSED');
    await luck.refused(wantRestore(), 409, 'server.wrong-state');
    await luck.refused(wantRestore({ mode: 'volumes', attach_to: server.id }), 409, 'server.wrong-state');
    await act(demo, server.id, { unpause: null });
    await serverIs(demo, server.id, 'ACTIVE');
  });

  test('locked by its tenant', async () => {
    await act(demo, server.id, { lock: null });
    await luck.refused(wantRestore(), 409, 'server.locked');
    await act(demo, server.id, { unlock: null });
  });

  test('in the middle of something else', async () => {
    await act(demo, server.id, { 'os-stop': null });
    const asks: (readonly [string, string, unknown])[] = [wantBackup(), wantRestore()];
    for (const { status, body } of await Promise.all(asks.map((ask) => rewind.call<Refusal>(demo, ...ask)))) {
      expect([status, body.errors?.[0]?.code]).toEqual([409, 'vm-backup.server.busy-in-nova']);
    }
    await serverIs(demo, server.id, 'SHUTOFF');
  });

  test('shelved', async () => {
    await act(demo, server.id, { shelve: null });
    await serverIs(demo, server.id, 'SHELVED_OFFLOADED');
    await luck.refused(wantBackup(), 409, 'server.wrong-state');
    await luck.refused(wantRestore(), 409, 'server.wrong-state');
    await act(demo, server.id, { unshelve: null });
    await serverIs(demo, server.id, 'ACTIVE');
    await stopServer(demo, server.id);
  });

  test('gone before its turn came', async () => {
    const spare = await bootBlankServer(demo, `${PREFIX}-spare`, 1);
    await worker.stop();
    const asked = luck.fails('backup', { server_id: spare.id }, 'server.not-found', async () => {
      await deleteServer(demo, spare.id);
      await workAs({});
    });
    await asked;
    await dropVolume(demo, spare.volume);
  });
});

describe('a volume that cannot be backed up', () => {
  test.each([
    ['encrypted', 'ceph-encrypted', 'volume.encrypted'],
    ['for several servers', 'ceph-multiattach', 'volume.multiattach'],
  ])('%s', async (_, volume_type, code) => {
    const volume = await createVolume(demo, `${PREFIX}-unfit`, 1, { volume_type });
    await attach(demo, server.id, volume);
    await luck.refused(wantBackup(), 409, code);
    await detach(demo, server.id, volume);
    await dropVolume(demo, volume);
  });
});

describe('a volume with snapshots of its own', () => {
  let snapshot: string;
  const snap = async () => {
    snapshot = await createSnapshot(demo, data, PREFIX);
  };
  const unsnap = () => deleteSnapshot(demo, snapshot);

  test('is not replaced; a dry run tells this and all the rest, and changes nothing', async () => {
    await snap();
    await luck.refused(wantRestore(), 409, 'volume.has-snapshots');
    await act(demo, server.id, { lock: null });
    await luck.leavesNothing(async () => {
      const { status, body } = await rewind.call<{
        restore: { plan: unknown; conflicts: { code: string; detail: string }[] };
      }>(demo, ...wantRestore({ dry_run: true, disks: [server.volume, data, randomUUID()] }));
      expect(status).toBe(200);
      const codes = body.restore.conflicts.map((one) => one.code);
      expect(codes).toEqual(['vm-backup.disk.unknown', 'vm-backup.server.locked', 'vm-backup.volume.has-snapshots']);
      expect(body.restore.plan).toMatchObject({
        mode: 'in_place',
        server_id: server.id,
        stops_server: false,
        disks: [
          { disk_id: server.volume, kind: 'root', action: 'replace' },
          { disk_id: data, kind: 'volume', action: 'replace' },
        ],
      });
    });
    await act(demo, server.id, { unlock: null });
    await unsnap();
  });

  test('that was snapped while the restore waited is not replaced either', async () => {
    await worker.stop();
    await luck.fails('restore', { backup_id: backup, mode: 'in_place' }, 'volume.has-snapshots', async () => {
      await snap();
      await workAs({});
    });
    const after = await look();
    expect(after.servers).toMatchObject([{ status: 'SHUTOFF', locked: false, task: null }]);
    expect((after.volumes as { status: string }[]).map((one) => one.status)).toEqual(['in-use', 'in-use']);
    expect(Object.keys(after.images as object).filter((name) => name.includes('rewind-'))).toEqual([]);
    await unsnap();
  });
});

describe('a target in trouble', () => {
  test('full', async () => {
    await luck.failsLeavingNothing('backup', { server_id: server.id, target: 'full' }, 'target.full');
  });

  test('not writable', async () => {
    await luck.failsLeavingNothing('backup', { server_id: server.id, target: 'readonly' }, 'target.not-writable');
  });

  test('not mounted', async () => {
    await luck.failsLeavingNothing('backup', { server_id: server.id, target: 'unmounted' }, 'target.unavailable');
    const { body } = await rewind.call<{ backups: { id: string }[] }>(
      demo,
      'GET',
      '/v1/backups?target=unmounted&status=available',
    );
    const there = body.backups[0]?.id;
    await luck.failsLeavingNothing('restore', { backup_id: there, mode: 'in_place' }, 'target.unavailable');
    await luck.failsLeavingNothing('restore', { backup_id: there, mode: 'volumes' }, 'target.unavailable');
  });
});

describe('an installation that was configured wrongly', () => {
  afterAll(() => workAs({}));

  test('the pool is another one', async () => {
    await workAs({ REWIND_CEPH_POOLS_VOLUMES: 'vms' });
    await luck.failsLeavingNothing('backup', { server_id: server.id }, 'disk.not-on-rbd');
  });

  test('there is no such pool', async () => {
    await workAs({ REWIND_CEPH_POOLS_VOLUMES: 'nowhere' });
    await luck.failsLeavingNothing('backup', { server_id: server.id }, 'ceph.no-pool');
  });
});

describe('a tenant at the end of his quota', () => {
  const quota = (volumes: number) =>
    must(
      admin.call('volume', 'PUT', `/os-quota-sets/${demo.projectId}`, {
        quota_set: { [`volumes_${LIMITED}`]: volumes },
      }),
    );
  afterAll(() => quota(-1));

  test('gets no volumes, and keeps none', async () => {
    await quota(1);
    await luck.failsLeavingNothing('restore', { backup_id: backup, mode: 'volumes' }, 'openstack.over-quota');
  });
});

describe('a tenant who changes his mind', () => {
  beforeAll(() => workAs(SLOW));
  afterAll(() => workAs({}));
  const cancel = async (operation: string) => {
    await luck.inTheMiddle(operation);
    const { status, body } = await rewind.call(demo, 'POST', `/v1/operations/${operation}/cancel`);
    expect([status, body]).toMatchObject([202, { operation: { cancel_requested: true } }]);
  };

  test('a backup is cancelled', async () => {
    await luck.failsLeavingNothing(
      'backup',
      { server_id: server.id, incremental: false },
      'operation.cancelled',
      cancel,
    );
  });

  test.each(['volumes', 'in_place'])('a restore is cancelled: %s', async (mode) => {
    await luck.failsLeavingNothing('restore', { backup_id: backup, mode }, 'operation.cancelled', cancel);
  });
});

describe('what the cloud stands on stops answering', () => {
  afterAll(() => workAs({}));

  test('Keystone: who is not known yet is told to come back; what runs goes on', async () => {
    await workAs({ ...SLOW, REWIND_WORKER_RETRY_SECONDS: '60' });
    const stranger = await logIn('demo');
    await rewind.call(demo, 'GET', '/v1/backups');
    const asked = await rewind.call<{ backup: { id: string; operation_id: string } }>(
      demo,
      ...wantBackup({ incremental: false }),
    );
    await luck.inTheMiddle(asked.body.backup.operation_id);
    await lab('daemon', 'stop', 'keystone');
    try {
      for (const ask of [['GET', '/v1/backups'], wantBackup()] as const) {
        const { status, body, headers } = await rewind.call<Refusal>(stranger, ...(ask as [string, string]));
        expect([status, body.errors[0]?.code]).toEqual([503, 'vm-backup.identity.unavailable']);
        expect(headers.get('retry-after')).toBeTruthy();
        expect(headers.get('www-authenticate')).toBeNull();
      }
      expect((await rewind.call(demo, 'GET', '/v1/backups')).status).toBe(200);
      expect((await fetch(`${rewind.url}/healthcheck`)).status).toBe(503);
    } finally {
      await lab('daemon', 'start', 'keystone');
    }
    expect((await rewind.call(stranger, 'GET', '/v1/backups')).status).toBe(200);
    await available(settled(rewind, demo, 'backup', asked.body.backup.id));
  });

  const resume = () => lab('daemon', 'resume', 'ceph-osd.0');
  const HASTY = {
    REWIND_CEPH_OP_TIMEOUT_SECONDS: '5',
    REWIND_CEPH_STALL_SECONDS: '5',
    REWIND_WORKER_RETRY_SECONDS: '6',
  };

  test('Ceph, before a backup began', async () => {
    await workAs(HASTY);
    await luck.leavesNothing(async () => {
      await lab('daemon', 'pause', 'ceph-osd.0');
      try {
        await luck.fails('backup', { server_id: server.id }, 'ceph.timeout');
      } finally {
        await resume();
      }
    });
    await available(carryOut(rewind, demo, 'backup', { server_id: server.id }));
  });

  test('Ceph, in the middle of a backup', async () => {
    await workAs({ ...SLOW, ...HASTY });
    await luck.leavesNothing(async () => {
      try {
        await luck.fails('backup', { server_id: server.id, incremental: false }, 'ceph.timeout', async (operation) => {
          await luck.inTheMiddle(operation);
          await lab('daemon', 'pause', 'ceph-osd.0');
          await until('undoing', 60_000, async () => {
            const { undoing, status } = await luck.operation(operation);
            return undoing || status === 'failed';
          });
          await resume();
        });
      } finally {
        await resume();
      }
    });
    await workAs({});
    await available(carryOut(rewind, demo, 'backup', { server_id: server.id }));
  });
});

describe('a bit that flipped in a stored run', () => {
  test('is noticed before anything is replaced, and by verify, which marks the backup', async () => {
    const folder = targets.default ?? '';
    const last = await available(carryOut(rewind, demo, 'backup', { server_id: server.id, incremental: false }));
    const run = filesBelow(folder).find((file) => file.includes(`/${server.volume}/`) && file.includes(last.id)) ?? '';
    const bytes = readFileSync(join(folder, run));
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    writeFileSync(join(folder, run), bytes);

    await luck.failsLeavingNothing('restore', { backup_id: last.id, mode: 'in_place' }, 'archive.damaged');
    await luck.failsLeavingNothing('restore', { backup_id: last.id, mode: 'volumes' }, 'archive.damaged');
    const damaged = { status: 'failed', fail_code: 'vm-backup.archive.damaged' };
    expect(await verified(rewind, demo, last.id)).toMatchObject(damaged);
    const shown = await rewind.call<{ backup: Record<string, unknown> }>(demo, 'GET', `/v1/backups/${last.id}`);
    expect(shown.body.backup).toMatchObject({
      status: 'error',
      fail_code: 'vm-backup.archive.damaged',
      fail_reason: expect.stringMatching(/^[A-Z].+\.$/),
    });
    await luck.refused(wantRestore({ backup_id: last.id }), 409, 'backup.wrong-state');
    // It is no base any more.
    const next = await available(carryOut(rewind, demo, 'backup', { server_id: server.id }));
    expect(next.base_backup_id).not.toBe(last.id);
    await volumeIs(demo, data, 'in-use');
  });
});

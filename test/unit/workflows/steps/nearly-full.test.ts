import { describe, expect, test } from '@jest/globals';
import { planBackup } from '../../../../src/workflows/planning/plan-backup.ts';
import { planSnapshot } from '../../../../src/workflows/planning/plan-snapshot.ts';

const SERVER = '11111111-1111-4111-8111-111111111111';
const VOLUME = '22222222-2222-4222-8222-222222222222';

/** A server with a root disk and a volume; how full each pool is. */
function planned(
  step: 'backup' | 'snapshot',
  used: Record<string, number>,
  more: { memory?: boolean; most?: number } = {},
) {
  const info = { id: 'a1', sizeBytes: 1, objectSizeBytes: 1, features: [], flags: [], createdAtMs: 0, parent: null };
  const server = {
    ...{ id: SERVER, name: 's', projectId: 'p', imageId: 'i', rootDeviceName: '/dev/vda', taskState: null },
    status: 'ACTIVE',
    volumes: [{ volumeId: VOLUME, device: '/dev/vdb', deleteOnTermination: false }],
  };
  const volume = {
    id: VOLUME,
    nameId: VOLUME,
    projectId: 'p',
    host: null,
    encrypted: false,
    multiattach: false,
    raw: {},
  };
  const world = {
    ceph: {
      imageInfo: async ({ image }: { image: string }) => (image.includes('_disk.') ? undefined : info),
      poolUsage: async (pool: string) => used[pool],
    },
    cloud: {
      admin: { compute: { server: async () => server }, blockStorage: { volume: async () => volume } },
      environment: async () => ({}),
    },
    catalogue: { position: async () => null, backupsOfServer: async () => [] },
    targets: { get: () => ({ probe: async () => {} }) },
    settings: {
      ...{ rootPool: 'vms', volumePool: 'volumes', snapshotPool: 'snapshots', volumeHosts: {} },
      nearlyFullRatio: more.most ?? 0.85,
    },
  };
  const context = { world, operation: { project_id: 'p' }, progress: { total: () => {} } } as never;
  const asked = { server_id: SERVER, consistency: 'best' as const };
  return step === 'backup'
    ? planBackup.act(context, { ...asked, backup_id: SERVER, incremental: false, target: 't' })
    : planSnapshot.act(context, { ...asked, snapshot_id: SERVER, memory: more.memory ?? false });
}

describe.each(['backup', 'snapshot'] as const)('a new %s', (what) => {
  test.each([['vms'], ['volumes']])('is refused while the pool %s is nearly full', async (pool) => {
    const refused = { code: 'vm-backup.ceph.nearly-full', fault: 'errored', retry: false };
    await expect(planned(what, { vms: 0.1, volumes: 0.1, [pool]: 0.85 })).rejects.toMatchObject(refused);
  });

  test('is made when there is room, nobody can tell, nobody is to look, or another pool is full', async () => {
    for (const used of [{ vms: 0.84, volumes: 0.84 }, {}, { images: 1, snapshots: 1 }])
      expect((await planned(what, used)).disks).toHaveLength(2);
    expect((await planned(what, { vms: 1 }, { most: 1 })).disks).toHaveLength(2);
  });
});

test('memory needs room in the pool of snapshots', async () => {
  const refused = { code: 'vm-backup.ceph.nearly-full' };
  await expect(planned('snapshot', { snapshots: 0.9 }, { memory: true })).rejects.toMatchObject(refused);
});

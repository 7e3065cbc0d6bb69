import { expect, test } from '@jest/globals';
import { RewindError } from '../../../src/domain/errors.ts';
import type { WantedConsistency } from '../../../src/domain/points/backup.ts';
import { snapDisks } from '../../../src/workflows/steps/image/snap-disks.ts';
import { MemoryCeph } from '../../world/memory-ceph.ts';
import { silentLog } from '../../world/silent-log.ts';
import { SERVER } from '../archive/support/backups.ts';

/** A server with so many disks, whose host has no agent of ours. */
async function snapped(wanted: WantedConsistency, disks: number, status = 'ACTIVE') {
  const storage = new MemoryCeph();
  const images = Array.from({ length: disks }, (_, n) => ({ pool: 'volumes', image: `disk-${n}` }));
  for (const { image } of images) storage.put(`volumes/${image}`, 1);
  const createSnap = async ({ image }: { image: string }, snap: string) =>
    void storage.images.get(`volumes/${image}`)?.snaps.add(snap);
  const takeInstant = async () => {
    throw new RewindError('host.no-agent');
  };
  const serverState = async () => ({ id: SERVER, projectId: 'p1', status, taskState: null, host: 'compute1' });
  const context = {
    world: {
      ceph: { ...storage.ceph, createSnap },
      hosts: { takeInstant },
      cloud: { admin: { compute: { serverState } } },
      clock: { now: () => 0, sleep: async () => {} },
    },
    operation: { id: 'o', project_id: 'p1' },
    signal: new AbortController().signal,
    log: silentLog,
    proveLease: async () => {},
    boundary: () => {},
  };
  const { consistency } = await snapDisks.act(context as never, { serverId: SERVER, snap: 's', images, wanted });
  const all = images.every(({ image }) => storage.images.get(`volumes/${image}`)?.snaps.has('s'));
  return { consistency, all };
}

test.each<[WantedConsistency, number, string, string]>([
  ['best', 1, 'ACTIVE', 'crash'],
  // One after the other, while the server goes on.
  ['best', 2, 'ACTIVE', 'per-disk'],
  ['best', 3, 'ACTIVE', 'per-disk'],
  ['crash', 1, 'ACTIVE', 'crash'],
  ['best', 2, 'SHUTOFF', 'crash'],
  ['filesystem', 2, 'SHUTOFF', 'crash'],
])(
  'without an agent, wanted %s of %i disks of a server that is %s: said to be %s',
  async (wanted, disks, status, is) => {
    expect(await snapped(wanted, disks, status)).toEqual({ consistency: is, all: true });
  },
);

test.each<[WantedConsistency, number]>([
  ['crash', 2],
  ['filesystem', 1],
])('without an agent, %s of %i disks cannot be had, and is not said to be', async (wanted, disks) => {
  await expect(snapped(wanted, disks)).rejects.toMatchObject({ code: 'vm-backup.consistency.unavailable' });
});

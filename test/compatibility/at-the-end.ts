import { expect } from '@jest/globals';
import { type Expected, type RecordedOperation, surroundingsOf } from './recorded.ts';
import type { Release, Surroundings } from './release.ts';

/** Goes on with an operation until it has ended, as workers do that come to it again and again. */
export async function toItsEnd(release: Release, recorded: RecordedOperation): Promise<Surroundings> {
  const around = await surroundingsOf(recorded, release);
  await release.execute(recorded.operationId, around);
  return around;
}

/** All that must be true when an operation has ended, whichever way. */
export async function expectEnd(
  release: Release,
  recorded: RecordedOperation,
  around: Surroundings,
  end: 'done' | 'undone',
): Promise<void> {
  const expected = recorded[end];
  const operation = await release.operations.operation(recorded.operationId, null);
  expect([operation?.status, operation?.failure?.code]).toEqual(
    end === 'done' ? ['succeeded', undefined] : ['cancelled', 'vm-backup.operation.cancelled'],
  );
  expectTidy(around);
  expect([around.cloud.servers.size, around.cloud.volumes.size]).toEqual([expected.servers, expected.volumes]);
  const images = Object.keys(expected.images).map((name) => [name, around.ceph.contentOf(name)]);
  expect(Object.fromEntries(images)).toEqual(expected.images);
  await expectPoints(release, recorded, around, expected);
  await expectRestored(release, around, expected);
  if (expected.swept) await expectSwept(release, recorded);
}

/** Nothing is held, half made or left over. */
function expectTidy({ cloud, ceph }: Surroundings): void {
  for (const server of cloud.servers.values()) expect(server).toMatchObject({ status: 'ACTIVE', locked: null });
  for (const volume of cloud.volumes.values()) expect(['available', 'in-use']).toContain(volume.status);
  const kept = (name: string) => ceph.snapsOf(name).some((snap) => snap.startsWith('rewind-s-'));
  const left = ceph.names().filter((name) => /rewind-(draft|aside)/.test(name) && !kept(name));
  expect([...left, ...ceph.names().filter((name) => ceph.isMigrating(name))]).toEqual([]);
  expect([...cloud.keypairs]).toEqual([]);
}

async function expectPoints(
  release: Release,
  { projectId, serverId }: RecordedOperation,
  { ceph }: Surroundings,
  expected: Expected,
): Promise<void> {
  const { catalogue } = release;
  const place = { projectId, serverId };
  const all = { first: await release.manifests('first', place), second: await release.manifests('second', place) };
  for (const [id, { target, disks }] of Object.entries(expected.backups)) {
    expect([id, (await catalogue.backup(id, projectId))?.status]).toEqual([id, statusOf(id, expected)]);
    const manifest = all[target as keyof typeof all].find((one) => one.backup.id === id);
    for (const disk of manifest?.disks ?? []) {
      const { runs, size_bytes: sizeBytes, snap: toSnap } = disk;
      if (expected.mostRuns) expect(runs.length).toBeLessThanOrEqual(expected.mostRuns);
      const content = await release.contentOf({ target, runs, sizeBytes, toSnap });
      expect([disk.id, content.hashOf('pool/disk')]).toEqual([disk.id, disks[disk.id]]);
    }
    expect(manifest?.disks.map((disk) => disk.id).sort()).toEqual(Object.keys(disks).sort());
  }
  for (const id of expected.goneBackups ?? []) expect(await catalogue.backup(id, projectId)).toBeUndefined();
  for (const id of expected.snapshots ?? []) {
    const snapshot = await catalogue.snapshot(id, projectId);
    expect([id, snapshot?.status]).toEqual([id, statusOf(id, expected)]);
    const carrying = ceph.names().filter((name) => ceph.snapsOf(name).includes(`rewind-s-${id}`));
    expect(carrying.length).toBe(snapshot?.disks.length);
  }
  for (const id of expected.goneSnapshots ?? []) expect(await catalogue.snapshot(id, projectId)).toBeUndefined();
  const left = ceph.names().flatMap((name) => ceph.snapsOf(name));
  expect(left.filter((snap) => expected.goneSnaps?.includes(snap))).toEqual([]);
}

const statusOf = (id: string, { wanted = [] }: Expected): string => (wanted.includes(id) ? 'error' : 'available');

async function expectRestored(release: Release, { cloud, ceph }: Surroundings, expected: Expected): Promise<void> {
  if (!expected.restored) return;
  const restore = await release.catalogue.restore(expected.restored.id, null);
  expect(restore?.status).toBe('available');
  const imageOf = (volumeId: string | null) =>
    volumeId === null ? `vms/${[...cloud.servers.keys()][0]}_disk` : `volumes/volume-${volumeId}`;
  const found = restore?.volumes.map((one) => [one.disk_id, ceph.contentOf(imageOf(one.volume_id))]) ?? [];
  expect(Object.fromEntries(found)).toEqual(expected.restored.disks);
}

async function expectSwept(release: Release, { projectId, serverId }: RecordedOperation): Promise<void> {
  const named = (await release.manifests('first', { projectId, serverId })).flatMap((one) =>
    one.disks.flatMap((disk) => disk.runs.map((run) => run.object)),
  );
  const there = await Array.fromAsync(release.targets.get('first').list(`projects/${projectId}/`));
  expect(there.filter((object) => object.includes('/runs/')).sort()).toEqual([...new Set(named)].sort());
}

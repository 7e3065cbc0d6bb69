import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { anOperation, aQuery, aRestore, aSnapshot, OTHER_PROJECT, PROJECT } from './examples.ts';
import type { Stores } from './stores.ts';

/** Snapshots: their rows, the tree they form, and where each server stands in it. */
export function snapshotsContract(stores: () => Stores): void {
  it('puts, replaces, changes and lists a snapshot, for its own project alone', async () => {
    const snapshot = aSnapshot();
    const { catalogue } = stores();
    await catalogue.putSnapshot(snapshot);
    await catalogue.putSnapshot(snapshot);
    expect(await catalogue.snapshot(snapshot.id, PROJECT)).toEqual(snapshot);
    expect(await catalogue.snapshot(snapshot.id, OTHER_PROJECT)).toBeUndefined();
    await catalogue.updateSnapshot(snapshot.id, { protected: true, expires_at: null, project_id: OTHER_PROJECT });
    expect(await catalogue.snapshot(snapshot.id, PROJECT)).toMatchObject({ protected: true, expires_at: null });
    const filters = [{ field: 'server_id', op: 'eq' as const, values: [snapshot.server_id] }];
    expect(await catalogue.listSnapshots(aQuery({ filters }))).toHaveLength(1);
    expect(await catalogue.countSnapshots(aQuery({ filters }))).toBe(1);
    expect(await catalogue.listSnapshots(aQuery({ filters, projectId: OTHER_PROJECT }))).toEqual([]);
    expect(await catalogue.snapshotsOfServer(snapshot.server_id, OTHER_PROJECT)).toEqual([]);
  });

  it('lists without what no list shows, and ends a page before it is too long', async () => {
    const server_id = randomUUID();
    const metadata = { note: 'x'.repeat(10_000) };
    for (let n = 0; n < 5; n++)
      await stores().catalogue.putSnapshot(
        aSnapshot({ server_id, metadata, created_at: `2026-01-0${n + 1}T00:00:00.000Z` }),
      );
    const filters = [{ field: 'server_id', op: 'eq' as const, values: [server_id] }];
    const list = (mostBytes: number, marker: string | null = null) =>
      stores().catalogue.listSnapshots(aQuery({ filters, mostBytes, marker }));
    const [first, ...more] = await list(35_000);
    expect([first, more.length]).toEqual([expect.not.objectContaining({ environment: expect.anything() }), 2]);
    expect(await list(35_000, more.at(-1)?.id)).toHaveLength(2);
    expect(await list(1)).toHaveLength(1);
    expect(await list(1_000_000)).toHaveLength(5);
  });

  it('finds what has expired', async () => {
    const server_id = randomUUID();
    const times = [null, '2026-01-01T00:00:00.000Z', '2026-01-03T00:00:00.000Z'];
    for (const expires_at of times) await stores().catalogue.putSnapshot(aSnapshot({ server_id, expires_at }));
    const found = await stores().catalogue.listSnapshots(
      aQuery({
        projectId: null,
        filters: [
          { field: 'server_id', op: 'eq', values: [server_id] },
          { field: 'expires_at', op: 'lt', values: ['2026-01-02T00:00:00.000Z'] },
          { field: 'protected', op: 'eq', values: ['false'] },
        ],
      }),
    );
    expect(found.map((one) => one.expires_at)).toEqual([times[1]]);
  });

  describe('the tree', () => {
    const tree = async () => {
      const server_id = randomUUID();
      const [root, middle, leaf, other] = [null, 0, 1, 1].map((parent, n) =>
        aSnapshot({ server_id, name: `${n}${parent}` }),
      );
      if (!root || !middle || !leaf || !other) throw new Error('unreachable');
      middle.parent_id = root.id;
      for (const one of [leaf, other]) one.parent_id = middle.id;
      for (const one of [root, middle, leaf, other]) await stores().catalogue.putSnapshot(one);
      const parents = async () =>
        new Map((await stores().catalogue.snapshotsOfServer(server_id, PROJECT)).map((one) => [one.id, one.parent_id]));
      return { server_id, root, middle, leaf, other, parents };
    };

    it('closes over a node that goes, twice', async () => {
      const { root, middle, leaf, other, parents } = await tree();
      await stores().catalogue.removeSnapshot(middle.id);
      await stores().catalogue.removeSnapshot(middle.id);
      expect(await parents()).toEqual(
        new Map([
          [root.id, null],
          [leaf.id, root.id],
          [other.id, root.id],
        ]),
      );
    });

    it('moves a server that stands at a node that goes to its parent, and from the root to nowhere', async () => {
      const { server_id, root, middle } = await tree();
      const { catalogue } = stores();
      await catalogue.setPosition(server_id, PROJECT, middle.id);
      await catalogue.setPosition(server_id, PROJECT, middle.id);
      expect(await catalogue.position(server_id, OTHER_PROJECT)).toBeNull();
      await catalogue.removeSnapshot(middle.id);
      expect(await catalogue.position(server_id, PROJECT)).toBe(root.id);
      await catalogue.removeSnapshot(root.id);
      expect(await catalogue.position(server_id, PROJECT)).toBeNull();
      await catalogue.setPosition(server_id, PROJECT, null);
      expect(await catalogue.position(server_id, PROJECT)).toBeNull();
    });
  });

  it('is recorded with its operation, and taken back with it', async () => {
    const [snapshot, existing, operation] = [aSnapshot({ status: 'creating' }), aSnapshot(), anOperation()];
    await stores().catalogue.putSnapshot(existing);
    const snapshotChange = { id: existing.id, change: { status: 'deleting' as const } };
    const restore = aRestore({ backup_id: null, snapshot_id: existing.id });
    await stores().operations.record({ operation, snapshot, snapshotChange, restore, holds: [] });
    expect(await stores().catalogue.snapshot(snapshot.id, PROJECT)).toEqual(snapshot);
    expect(await stores().catalogue.snapshot(existing.id, PROJECT)).toMatchObject({ status: 'deleting' });
    expect(await stores().catalogue.restore(restore.id, PROJECT)).toEqual(restore);
    expect(await stores().operations.forget(operation.id)).toBe(true);
    expect(await stores().catalogue.snapshot(snapshot.id, PROJECT)).toBeUndefined();
    expect(await stores().catalogue.snapshot(existing.id, PROJECT)).toMatchObject({ status: 'available' });
  });

  it('refuses to change a snapshot that is gone', async () => {
    const snapshotChange = { id: randomUUID(), change: { status: 'deleting' as const } };
    const gone = stores().operations.record({ operation: anOperation(), snapshotChange, holds: [] });
    await expect(gone).rejects.toMatchObject({ code: 'vm-backup.snapshot.not-found', status: 404 });
  });
}

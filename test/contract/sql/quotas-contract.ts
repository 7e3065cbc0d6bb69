import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SAVED_MEMORY } from '../../../src/domain/points/memory-point.ts';
import { kept } from '../../world/kept.ts';
import { aBackup, aMessage, anOperation, aQuery, aSnapshot, OTHER_PROJECT, PROJECT } from './examples.ts';
import type { Stores } from './stores.ts';

/** What projects may have, and what they are told. */
export function quotasContract(stores: () => Stores): void {
  const project = () => randomUUID().replaceAll('-', '');
  const free = { points: -1, bytes: -1, snapshot_bytes: -1, operations: -1 };
  const entry = (project_id: string, limits: Partial<typeof free>) => {
    const backup = aBackup({ project_id, status: 'creating', stored_bytes: null });
    const operation = anOperation({ project_id, resource_id: backup.id });
    return { operation, backup, holds: kept(backup.server_id), limits: { ...free, ...limits } };
  };

  describe('quotas', () => {
    it('are set for a project, one by one, and cleared', async () => {
      const [{ quotas }, id] = [stores(), project()];
      expect(await quotas.ofProject(id)).toEqual({});
      await quotas.set(id, { points: 5 });
      await quotas.set(id, { points: 6, bytes: Number.MAX_SAFE_INTEGER });
      expect(await quotas.ofProject(id)).toEqual({ points: 6, bytes: Number.MAX_SAFE_INTEGER });
      await quotas.clear(id);
      expect(await quotas.ofProject(id)).toEqual({});
    });

    it('count points, their bytes and open operations of the project', async () => {
      const [{ quotas, catalogue, operations }, project_id] = [stores(), project()];
      await catalogue.putBackup(aBackup({ project_id, stored_bytes: 5_000_000_000 }));
      await catalogue.putBackup(aBackup({ project_id, stored_bytes: 1 }));
      await catalogue.putBackup(aBackup({ project_id, status: 'error', stored_bytes: 7 }));
      await catalogue.putSnapshot(aSnapshot({ project_id }));
      await operations.record(entry(project_id, {}));
      expect(await quotas.used(project_id)).toEqual({
        ...{ points: 4, bytes: 5_000_000_001, operations: 1 },
        snapshot_bytes: aSnapshot().size_bytes,
      });
      expect(await quotas.used(project())).toEqual({ points: 0, bytes: 0, snapshot_bytes: 0, operations: 0 });
    });

    it('count the disks of snapshots, safety snapshots among them, and the memory that was saved', async () => {
      const [{ quotas, catalogue, operations }, project_id] = [stores(), project()];
      const of = (more: object) => catalogue.putSnapshot(aSnapshot({ project_id, size_bytes: 10, ...more }));
      await of({ memory: true, environment: { [SAVED_MEMORY]: { bytes: 32_000_000_000 } } });
      await of({ safety: true, expires_at: '2030-01-01T00:00:00.000Z', environment: { user_data: '"' } });
      await of({ memory: true, environment: {}, size_bytes: null, status: 'creating' });
      await of({ status: 'error' });
      expect(await quotas.used(project_id)).toMatchObject({ points: 3, snapshot_bytes: 32_000_000_020 });
      const asked = (snapshot_bytes: number) => {
        const snapshot = aSnapshot({ project_id, status: 'creating', size_bytes: null });
        const operation = anOperation({ project_id, resource_id: snapshot.id });
        return operations.record({ operation, snapshot, holds: [], limits: { ...free, snapshot_bytes } });
      };
      await expect(asked(32_000_000_020)).rejects.toMatchObject({
        code: 'vm-backup.quota.snapshot-bytes',
        status: 403,
      });
      await asked(32_000_000_021);
      await operations.record(entry(project_id, { snapshot_bytes: 0 }));
    });

    it.each(['points', 'operations'] as const)('of %s hold, however many ask at once', async (resource) => {
      const [{ operations, elsewhere, quotas }, project_id] = [stores(), project()];
      const asked = Array.from({ length: 12 }, (_, n) =>
        (n % 2 ? operations : elsewhere.operations).record(entry(project_id, { [resource]: 4 })),
      );
      const ends = await Promise.allSettled(asked);
      expect(ends.filter((end) => end.status === 'fulfilled')).toHaveLength(4);
      for (const end of ends)
        if (end.status === 'rejected')
          expect(end.reason).toMatchObject({ code: `vm-backup.quota.${resource}`, status: 403 });
      expect(await quotas.used(project_id)).toMatchObject({ points: 4, operations: 4 });
    });

    it('of bytes refuse a backup and no deletion; of points a snapshot too; nothing of it remains', async () => {
      const [{ operations, catalogue, quotas }, project_id] = [stores(), project()];
      const there = aBackup({ project_id, stored_bytes: 10 });
      await catalogue.putBackup(there);
      const refused = entry(project_id, { bytes: 10 });
      await expect(operations.record(refused)).rejects.toMatchObject({ code: 'vm-backup.quota.bytes' });
      expect(await operations.operation(refused.operation.id, null)).toBeUndefined();
      const snapshot = aSnapshot({ project_id, status: 'creating' });
      const taken = { operation: anOperation({ project_id }), snapshot, holds: [] };
      await operations.record({ ...taken, limits: { ...free, bytes: 10 } });
      const more = { ...taken, operation: anOperation({ project_id }), snapshot: aSnapshot({ project_id }) };
      await expect(operations.record({ ...more, limits: { ...free, points: 2 } })).rejects.toMatchObject({
        code: 'vm-backup.quota.points',
      });
      const backupChange = { id: there.id, change: { status: 'deleting' as const } };
      const limits = { points: 0, bytes: 0, snapshot_bytes: 0, operations: -1 };
      await operations.record({ operation: anOperation({ project_id }), backupChange, holds: [], limits });
      expect((await quotas.used(project_id)).points).toBe(2);
    });
  });

  it('messages are their project’s; they go when asked, or when their time is over', async () => {
    const { messages } = stores();
    const [one, two] = [aMessage(), aMessage({ guaranteed_until: '2026-01-02T00:00:00.000Z' })];
    await messages.tell([one, two]);
    expect(await messages.message(one.id, PROJECT)).toEqual(one);
    expect(await messages.message(one.id, OTHER_PROJECT)).toBeUndefined();
    const filters = [{ field: 'id', op: 'in' as const, values: [one.id, two.id] }];
    expect(await messages.countMessages(aQuery({ filters }))).toBe(2);
    expect(await messages.listMessages(aQuery({ filters, projectId: OTHER_PROJECT }))).toEqual([]);
    await messages.pruneMessages('2026-01-03T00:00:00.000Z');
    expect((await messages.listMessages(aQuery({ filters }))).map((message) => message.id)).toEqual([one.id]);
    await messages.removeMessage(one.id);
    expect(await messages.message(one.id, null)).toBeUndefined();
  });

  it('the newest good backup of each server', async () => {
    const [{ policies, catalogue }, project_id, server_id] = [stores(), project(), randomUUID()];
    const at = (day: number) => `2026-01-0${day}T00:00:00.000Z`;
    for (const [day, status] of [
      [1, 'available'],
      [3, 'available'],
      [2, 'available'],
      [4, 'error'],
    ] as const)
      await catalogue.putBackup(aBackup({ project_id, server_id, status, data_timestamp: at(day) }));
    await catalogue.putBackup(aBackup({ server_id: randomUUID(), data_timestamp: at(5) }));
    expect([...(await policies.newestPoints(project_id))]).toEqual([[server_id, at(3)]]);
    expect((await policies.newestPoints(null)).get(server_id)).toBe(at(3));
  });
}

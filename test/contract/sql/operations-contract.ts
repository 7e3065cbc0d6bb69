import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { Operation } from '../../../src/domain/operations/operation.ts';
import type { Snapshot } from '../../../src/domain/points/snapshot.ts';
import { kept } from '../../world/kept.ts';
import { aBackup, anOperation, aQuery, aRestore, aSnapshot, OTHER_PROJECT, PROJECT } from './examples.ts';
import type { Stores } from './stores.ts';

/** What a request records, and what is taken back. */
export function operationsContract(stores: () => Stores): void {
  const busy = { code: 'vm-backup.server.busy', status: 409 };

  describe('record', () => {
    it('keeps every field', async () => {
      const operation = anOperation({ global_request_id: `req-${randomUUID()}`, bytes_total: 5_000_000_000 });
      const backup = aBackup({ status: 'creating' });
      const restore = aRestore();
      await stores().operations.record({ operation, backup, restore, holds: [] });
      expect(await stores().operations.operation(operation.id, PROJECT)).toEqual(operation);
      expect(await stores().catalogue.backup(backup.id, PROJECT)).toEqual(backup);
      expect(await stores().catalogue.restore(restore.id, PROJECT)).toEqual(restore);
    });

    it('lets one operation have a server, and writes nothing for the other', async () => {
      const server = randomUUID();
      const [first, second] = [anOperation(), anOperation()];
      await stores().operations.record({ operation: first, holds: kept(server) });
      const backup = aBackup();
      const late = stores().operations.record({ operation: second, backup, holds: kept(randomUUID(), server) });
      await expect(late).rejects.toMatchObject(busy);
      expect(await stores().operations.operation(second.id, null)).toBeUndefined();
      expect(await stores().catalogue.backup(backup.id, null)).toBeUndefined();
      expect(await stores().operations.holderOf(server)).toBe(first.id);
    });

    it('gives a server to exactly one of many who ask at once, from two connections', async () => {
      for (let round = 0; round < 10; round++) {
        const servers = [randomUUID(), randomUUID()];
        const answers = await Promise.allSettled(
          Array.from({ length: 10 }, (_, n) =>
            [stores().operations, stores().elsewhere.operations][n % 2]!.record({
              operation: anOperation(),
              holds: kept(...(n % 3 === 0 ? servers : [...servers].reverse())),
            }),
          ),
        );
        expect(answers.filter((answer) => answer.status === 'fulfilled')).toHaveLength(1);
        for (const answer of answers) if (answer.status === 'rejected') expect(answer.reason).toMatchObject(busy);
      }
    });

    it('refuses to change a backup that is gone', async () => {
      const operation = anOperation();
      const backupChange = { id: randomUUID(), change: { status: 'deleting' as const } };
      const gone = stores().operations.record({ operation, backupChange, holds: [] });
      await expect(gone).rejects.toMatchObject({ code: 'vm-backup.backup.not-found', status: 404 });
      expect(await stores().operations.operation(operation.id, null)).toBeUndefined();
    });
  });

  describe('a deletion', () => {
    const deleting = { status: 'deleting' as const };

    it('is refused when the backup was protected, or its deletion begun, after somebody looked', async () => {
      const { catalogue, operations } = stores();
      const [kept, made] = [aBackup({ protected: true }), aBackup({ status: 'creating' })];
      for (const one of [kept, made]) await catalogue.putBackup(one);
      const ask = (id: string) =>
        operations.record({ operation: anOperation(), backupChange: { id, change: deleting }, holds: [] });
      await expect(ask(kept.id)).rejects.toMatchObject({ code: 'vm-backup.backup.protected', status: 409 });
      await expect(ask(made.id)).rejects.toMatchObject({ code: 'vm-backup.backup.busy', status: 409 });
      expect(await catalogue.backup(kept.id, null)).toEqual(kept);
      expect(await catalogue.keepBackup(kept.id, { protected: false })).toBe(true);
      await ask(kept.id);
      await expect(ask(kept.id)).rejects.toMatchObject({ code: 'vm-backup.backup.busy' });
      expect(await catalogue.keepBackup(kept.id, { protected: true })).toBe(false);
      expect(await catalogue.backup(kept.id, null)).toMatchObject({ protected: false, status: 'deleting' });
    });

    it('of a snapshot is refused when somebody decided to keep it', async () => {
      const { catalogue, operations } = stores();
      const [at, past, future] = ['2026-03-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z', '2026-04-01T00:00:00.000Z'];
      const ask = async (snapshot: Snapshot, expiredAt?: string) => {
        await catalogue.putSnapshot(snapshot);
        const snapshotChange = { id: snapshot.id, change: deleting, ...(expiredAt && { expiredAt }) };
        return operations.record({ operation: anOperation(), snapshotChange, holds: [] }).catch((error) => error.code);
      };
      expect(await ask(aSnapshot({ protected: true, expires_at: past }), at)).toBe('vm-backup.snapshot.protected');
      expect(await ask(aSnapshot({ expires_at: null }), at)).toBe('vm-backup.snapshot.kept');
      expect(await ask(aSnapshot({ expires_at: future }), at)).toBe('vm-backup.snapshot.kept');
      expect(await ask(aSnapshot({ status: 'deleting' }))).toBe('vm-backup.snapshot.busy');
      expect(await ask(aSnapshot({ expires_at: past }), at)).toBeUndefined();
      expect(await ask(aSnapshot({ expires_at: null }))).toBeUndefined();
    });

    it('and a protection that meet: one of them is refused, whichever comes first', async () => {
      const { catalogue, operations } = stores();
      for (let n = 0; n < 10; n += 1) {
        const backup = aBackup();
        await catalogue.putBackup(backup);
        const backupChange = { id: backup.id, change: deleting };
        const [deleted, protectedNow] = await Promise.all([
          operations.record({ operation: anOperation(), backupChange, holds: [] }).then(
            () => true,
            () => false,
          ),
          catalogue.keepBackup(backup.id, { protected: true }),
        ]);
        expect(deleted).toBe(!protectedNow);
      }
    });
  });

  describe('forget', () => {
    it('takes back all of it, and the status the backup had', async () => {
      const existing = aBackup({ status: 'error', fail_code: 'x' });
      await stores().catalogue.putBackup(existing);
      const [backup, restore, operation, server] = [aBackup(), aRestore(), anOperation(), randomUUID()];
      const backupChange = { id: existing.id, change: { status: 'deleting' as const, fail_code: null } };
      await stores().operations.record({ operation, backup, restore, backupChange, holds: kept(server) });
      expect(await stores().catalogue.backup(existing.id, null)).toMatchObject(backupChange.change);

      expect(await stores().operations.forget(operation.id)).toBe(true);
      expect(await stores().operations.forget(operation.id)).toBe(false);
      expect(await stores().operations.operation(operation.id, null)).toBeUndefined();
      expect(await stores().operations.holderOf(server)).toBeUndefined();
      expect(await stores().catalogue.backup(backup.id, null)).toBeUndefined();
      expect(await stores().catalogue.restore(restore.id, null)).toBeUndefined();
      expect(await stores().catalogue.backup(existing.id, null)).toEqual(existing);
    });

    it('leaves what a worker has begun, and loses or wins against a claim as a whole', async () => {
      for (let round = 0; round < 20; round++) {
        const [operation, server] = [anOperation(), randomUUID()];
        await stores().operations.record({ operation, holds: kept(server) });
        const seen = { id: operation.id, fence: 0, beat: 0, worker: null };
        const [fence, forgotten] = await Promise.all([
          stores().elsewhere.journal.claim(seen, 'w'),
          stores().operations.forget(operation.id),
        ]);
        expect(fence === undefined).toBe(forgotten);
        expect(await stores().operations.holderOf(server)).toBe(forgotten ? undefined : operation.id);
      }
    });
  });

  it('counts what is open, by project', async () => {
    const project_id = randomUUID().replaceAll('-', '');
    const [one, two] = [anOperation({ project_id }), anOperation({ project_id })];
    for (const operation of [one, two]) await stores().operations.record({ operation, holds: [] });
    expect(await stores().operations.countOpen(project_id)).toBe(2);
    const fence = await stores().journal.claim({ id: one.id, fence: 0, beat: 0, worker: null }, 'w');
    expect(await stores().operations.countOpen(project_id)).toBe(2);
    await stores().journal.finish(one.id, fence!, { status: 'succeeded', failure: null });
    expect(await stores().operations.countOpen(project_id)).toBe(1);
    expect(await stores().operations.countOpen(OTHER_PROJECT)).toBe(0);
  });

  it('removes what ended long ago, with its journal, some at a time; nothing that is open or young', async () => {
    const long = '2001-01-01T00:00:00.000Z';
    const [open, one, two, young] = [long, long, long, '2040-01-01T00:00:00.000Z'].map((created_at) =>
      anOperation({ created_at }),
    ) as [Operation, Operation, Operation, Operation];
    for (const operation of [open, one, two, young]) {
      await stores().operations.record({ operation, holds: [] });
      const fence = await stores().journal.claim({ id: operation.id, fence: 0, beat: 0, worker: null }, 'w');
      await stores().journal.intend(operation.id, fence!, 'step', {});
      if (operation !== open) await stores().journal.finish(operation.id, fence!, { status: 'failed', failure: null });
    }
    const left = async () => {
      const seen = await Promise.all([open, one, two, young].map(({ id }) => stores().operations.operation(id, null)));
      return seen.map((operation) => operation !== undefined);
    };
    // Asked for long ago, ended just now.
    expect(await stores().operations.prune('2010-01-01T00:00:00.000Z', 10)).toBe(0);
    expect(await left()).toEqual([true, true, true, true]);
    expect(await stores().operations.prune('2039-01-01T00:00:00.000Z', 1)).toBe(1);
    while ((await stores().operations.prune('2039-01-01T00:00:00.000Z', 10)) > 0);
    expect(await left()).toEqual([true, false, false, true]);
    expect(await stores().operations.steps(one.id)).toEqual([]);
    expect(await stores().operations.steps(open.id)).toHaveLength(1);
  });

  it('does not cancel what is over', async () => {
    const operation = anOperation();
    await stores().operations.record({ operation, holds: [] });
    const fence = await stores().journal.claim({ id: operation.id, fence: 0, beat: 0, worker: null }, 'w');
    await stores().journal.finish(operation.id, fence!, { status: 'succeeded', failure: null });
    await stores().operations.requestCancel(operation.id);
    await stores().operations.requestCancel(randomUUID());
    expect(await stores().operations.operation(operation.id, PROJECT)).toMatchObject({ cancel_requested: false });
  });

  it('lists operations of the project only', async () => {
    const operation = anOperation({ project_id: OTHER_PROJECT });
    await stores().operations.record({ operation, holds: [] });
    const filters = [{ field: 'id', op: 'eq' as const, values: [operation.id] }];
    expect(await stores().operations.list(aQuery({ filters }))).toEqual([]);
    expect(await stores().operations.count(aQuery({ filters }))).toBe(0);
    const { input: _input, ...listed } = operation;
    expect(await stores().operations.list(aQuery({ filters, projectId: OTHER_PROJECT }))).toEqual([listed]);
    expect(await stores().operations.operation(operation.id, PROJECT)).toBeUndefined();
    expect(await stores().operations.operation(operation.id, null)).toEqual(operation);
  });
}

import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { OperationFailure } from '../../../src/domain/operations/operation.ts';
import type { NewOperation } from '../../../src/ports/stores/operations.ts';
import { kept } from '../../world/kept.ts';
import { aBackup, anOperation, aRestore, PROJECT } from './examples.ts';
import type { Stores } from './stores.ts';

const FAILURE: OperationFailure = { code: 'vm-backup.x', reason: 'because', fault: 'failed', hint: null };

/** Claims, fenced writes, the journal's lines, the end. */
export function journalContract(stores: () => Stores): void {
  const recorded = async (fields: Partial<NewOperation> = {}) => {
    const operation = anOperation();
    await stores().operations.record({ operation, holds: [], ...fields });
    return fields.operation ?? operation;
  };
  const claimed = async (fields: Partial<NewOperation> = {}) => {
    const { id } = await recorded(fields);
    const fence = await stores().journal.claim({ id, fence: 0, beat: 0, worker: null }, 'worker-1');
    return { id, fence: fence as number };
  };
  const fencedOff = { code: 'vm-backup.workflow.fenced', fault: 'bug' };

  describe('claims', () => {
    it('lets exactly one of a hundred concurrent claims win, from two connections', async () => {
      const { id } = await recorded();
      const claims = Array.from({ length: 100 }, (_, n) =>
        [stores().journal, stores().elsewhere.journal][n % 2]!.claim({ id, fence: 0, beat: 0, worker: null }, `w${n}`),
      );
      const won = (await Promise.all(claims)).filter((fence) => fence !== undefined);
      expect(won).toEqual([1]);
      const operation = await stores().operations.operation(id, PROJECT);
      expect(operation).toMatchObject({ status: 'running', started_at: expect.any(String) });
    });

    it('keeps an operation whose worker has beaten since it was seen', async () => {
      const { id, fence } = await claimed();
      const seen = (await stores().journal.openOperations()).find((open) => open.id === id)!;
      expect(seen).toMatchObject({ id, fence: 1, beat: 1, worker: 'worker-1', lookAtMs: null });
      expect(await stores().journal.openOperation(id)).toEqual(seen);
      await stores().journal.beat(id, fence, { bytesDone: 0, bytesTotal: 0, percent: 0 });
      expect(await stores().journal.claim(seen, 'worker-2')).toBeUndefined();
    });

    it('gives nothing for a fence that was never seen', async () => {
      const { id } = await recorded();
      expect(await stores().journal.claim({ id, fence: 1, beat: 0, worker: null }, 'w')).toBeUndefined();
      expect(await stores().journal.claim({ id: randomUUID(), fence: 0, beat: 0, worker: null }, 'w')).toBeUndefined();
    });

    it('shows a released operation as nobody’s, once or twice', async () => {
      const { id, fence } = await claimed();
      await stores().journal.release(id, fence);
      await stores().journal.release(id, fence);
      const seen = (await stores().journal.openOperations()).find((open) => open.id === id)!;
      expect(seen.worker).toBeNull();
      expect(await stores().journal.claim(seen, 'worker-2')).toBe(2);
      await expect(stores().journal.release(id, fence)).rejects.toMatchObject(fencedOff);
    });

    it('never hands out a finished operation', async () => {
      const { id, fence } = await claimed();
      await stores().journal.finish(id, fence, { status: 'succeeded', failure: null });
      expect((await stores().journal.openOperations()).map((open) => open.id)).not.toContain(id);
      expect(await stores().journal.openOperation(id)).toBeUndefined();
      for (let beat = 0; beat < 5; beat++)
        expect(await stores().journal.claim({ id, fence, beat, worker: null }, 'w')).toBeUndefined();
      await stores().journal.release(id, fence);
    });
  });

  describe('a fenced worker', () => {
    it('changes nothing, whatever it writes', async () => {
      const { id, fence } = await claimed({ holds: kept(randomUUID()) });
      const { journal } = stores();
      await journal.intend(id, fence, 'step', { a: 1 });
      const seen = (await journal.openOperations()).find((open) => open.id === id)!;
      await journal.claim(seen, 'worker-2');
      const before = [await journal.load(id), await journal.openOperations()];
      const writes = [
        () => journal.beat(id, fence, { bytesDone: 5, bytesTotal: 5, percent: 50 }),
        () => journal.intend(id, fence, 'other', {}),
        () => journal.note(id, fence, 'step', {}),
        () => journal.complete(id, fence, 'step', {}),
        () => journal.markUndone(id, fence, 'step'),
        () => journal.commit(id, fence),
        () => journal.beginUndo(id, fence, FAILURE),
        () => journal.noteTrouble(id, fence, FAILURE),
        () => journal.finish(id, fence, { status: 'succeeded', failure: null }),
        () => journal.release(id, fence),
      ];
      for (const write of writes) await expect(write()).rejects.toMatchObject(fencedOff);
      expect([await journal.load(id), await journal.openOperations()]).toEqual(before);
    });

    it('is also one whose operation is over', async () => {
      const { id, fence } = await claimed();
      await stores().journal.finish(id, fence, { status: 'failed', failure: FAILURE });
      await expect(stores().journal.intend(id, fence, 'step', {})).rejects.toMatchObject(fencedOff);
      const progress = { bytesDone: 1, bytesTotal: 1, percent: 1 };
      await expect(stores().journal.beat(id, fence, progress)).rejects.toMatchObject(fencedOff);
      const other = { status: 'succeeded' as const, failure: null };
      await expect(stores().journal.finish(id, fence, other)).rejects.toMatchObject(fencedOff);
      expect((await stores().journal.load(id)).operation).toMatchObject({ status: 'failed', failure: FAILURE });
    });

    it('does not finish what its successor has finished', async () => {
      const { id, fence } = await claimed();
      const seen = (await stores().journal.openOperations()).find((open) => open.id === id)!;
      await stores().journal.claim(seen, 'worker-2');
      await stores().journal.finish(id, 2, { status: 'failed', failure: FAILURE });
      const end = { status: 'failed' as const, failure: null };
      await expect(stores().journal.finish(id, fence, end)).rejects.toMatchObject(fencedOff);
    });

    it('loses against a claim that runs at the same time, or the claim loses', async () => {
      for (let round = 0; round < 20; round++) {
        const { id, fence } = await claimed();
        const seen = (await stores().journal.openOperations()).find((open) => open.id === id)!;
        const [claim, write] = await Promise.allSettled([
          stores().elsewhere.journal.claim(seen, 'worker-2'),
          stores().journal.intend(id, fence, 'step', {}),
        ]);
        const won = claim.status === 'fulfilled' && claim.value !== undefined;
        const { entries } = await stores().journal.load(id);
        expect(entries).toHaveLength(write.status === 'fulfilled' ? 1 : 0);
        expect(won).toBe(write.status === 'rejected');
      }
    });
  });

  describe('the journal', () => {
    it('keeps the first intent, the newest output, and the order', async () => {
      const { id, fence } = await claimed();
      const { journal } = stores();
      for (const key of ['b', 'a[1]', 'a[2]']) await journal.intend(id, fence, key, { key });
      await journal.intend(id, fence, 'b', { key: 'later' });
      await journal.complete(id, fence, 'b', undefined);
      await journal.complete(id, fence, 'b', { out: 'ü' });
      await journal.markUndone(id, fence, 'a[1]');
      await journal.markUndone(id, fence, 'a[1]');
      const { entries } = await journal.load(id);
      expect(entries).toMatchObject([
        { seq: 0, key: 'b', state: 'done', input: { key: 'b' }, output: { out: 'ü' } },
        { seq: 1, key: 'a[1]', state: 'undone', input: { key: 'a[1]' }, output: null },
        { seq: 2, key: 'a[2]', state: 'intended', finished_at: null },
      ]);
      const shown = entries.map(({ seq, key, state, started_at, finished_at }) => {
        return { seq, key, state, started_at, finished_at };
      });
      expect(await stores().operations.steps(id)).toEqual(shown);
    });

    it('draws a mark with the intent, and keeps it and the newest note whatever is done again', async () => {
      const { id, fence } = await claimed();
      const { journal } = stores();
      const marks = [];
      for (const key of ['a', 'b', 'a']) marks.push(await journal.intend(id, fence, key, null));
      expect(marks).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), expect.any(String), marks[0]]);
      expect(marks[1]).not.toBe(marks[0]);
      for (const asked of [1, 2]) await journal.note(id, fence, 'a', { asked });
      await journal.complete(id, fence, 'a', {});
      const { entries } = await journal.load(id);
      expect(entries).toMatchObject([{ mark: marks[0], noted: { asked: 2 } }, { mark: marks[1] }]);
      expect(entries[1]?.noted).toBeUndefined();
      await expect(journal.note(id, fence, 'never begun', {})).rejects.toMatchObject({
        code: 'vm-backup.internal.journal-order',
      });
    });

    it('refuses to complete what was never begun or is undone', async () => {
      const { id, fence } = await claimed();
      const disorder = { code: 'vm-backup.internal.journal-order' };
      await expect(stores().journal.complete(id, fence, 'x', null)).rejects.toMatchObject(disorder);
      await expect(stores().journal.markUndone(id, fence, 'x')).rejects.toMatchObject(disorder);
      await stores().journal.intend(id, fence, 'x', null);
      await stores().journal.markUndone(id, fence, 'x');
      await expect(stores().journal.complete(id, fence, 'x', null)).rejects.toMatchObject(disorder);
    });

    it('never undoes behind the point of no return, nor passes it while undoing', async () => {
      const passed = await claimed();
      const { journal } = stores();
      await journal.commit(passed.id, passed.fence);
      await journal.commit(passed.id, passed.fence);
      const wrong = { code: 'vm-backup.internal.point-of-no-return' };
      await expect(journal.beginUndo(passed.id, passed.fence, FAILURE)).rejects.toMatchObject(wrong);
      expect((await journal.load(passed.id)).operation).toMatchObject({ committed: true, undoing: false });

      const undoing = await claimed();
      await journal.beginUndo(undoing.id, undoing.fence, FAILURE);
      await journal.beginUndo(undoing.id, undoing.fence, FAILURE);
      await expect(journal.commit(undoing.id, undoing.fence)).rejects.toMatchObject(wrong);
      const { operation } = await journal.load(undoing.id);
      expect(operation).toMatchObject({ committed: false, undoing: true, failure: FAILURE });
    });

    it('shows trouble until it is over, and never in place of the failure', async () => {
      const { id, fence } = await claimed();
      const { journal } = stores();
      const failure = async () => (await journal.load(id)).operation.failure;
      await journal.noteTrouble(id, fence, { ...FAILURE, reason: 'trouble' });
      expect(await failure()).toMatchObject({ reason: 'trouble' });
      await journal.noteTrouble(id, fence, null);
      expect(await failure()).toBeNull();
      await journal.beginUndo(id, fence, FAILURE);
      await journal.noteTrouble(id, fence, { ...FAILURE, reason: 'trouble' });
      expect(await failure()).toEqual(FAILURE);
    });

    it('tells a worker’s beat that a cancel was asked for, and records progress', async () => {
      const { id, fence } = await claimed();
      const progress = { bytesDone: 5_000_000_000, bytesTotal: 10_000_000_000, percent: 50.9 };
      expect(await stores().journal.beat(id, fence, progress)).toEqual({ cancelRequested: false });
      await stores().operations.requestCancel(id);
      expect(await stores().journal.beat(id, fence, progress)).toEqual({ cancelRequested: true });
      const { operation } = await stores().journal.load(id);
      expect(operation).toMatchObject({ progress: 50, bytes_done: 5_000_000_000, bytes_total: 10_000_000_000 });
    });

    it('says when there is no such operation', async () => {
      await expect(stores().journal.load(randomUUID())).rejects.toMatchObject({
        code: 'vm-backup.operation.not-found',
      });
    });
  });

  describe('the end', () => {
    it('writes the backup, frees the servers, and may be repeated', async () => {
      const server = randomUUID();
      const backup = aBackup({ status: 'creating' });
      const { id, fence } = await claimed({ backup, holds: kept(server) });
      expect(await stores().operations.holderOf(server)).toBe(id);
      const change = { status: 'available' as const, size_bytes: 7, metadata: { done: 'yes' } };
      const end = { status: 'succeeded' as const, failure: null, backup: { id: backup.id, change } };
      await stores().journal.finish(id, fence, end);
      await stores().journal.finish(id, fence, end);
      expect(await stores().operations.holderOf(server)).toBeUndefined();
      expect(await stores().catalogue.backup(backup.id, PROJECT)).toMatchObject(change);
      const operation = await stores().operations.operation(id, PROJECT);
      expect(operation).toMatchObject({ status: 'succeeded', progress: 100, finished_at: expect.any(String) });
    });

    it('leaves a backup bad that was found so while it was being made', async () => {
      const backup = aBackup({ status: 'creating' });
      const { id, fence } = await claimed({ backup });
      await stores().catalogue.updateBackup(backup.id, { fail_code: 'vm-backup.archive.damaged', fail_reason: 'Bad.' });
      const change = { status: 'available' as const, size_bytes: 7 };
      const end = { status: 'succeeded' as const, failure: null, backup: { id: backup.id, change } };
      await stores().journal.finish(id, fence, end);
      const bad = { status: 'error', fail_code: 'vm-backup.archive.damaged', size_bytes: 7 };
      expect(await stores().catalogue.backup(backup.id, PROJECT)).toMatchObject(bad);
    });

    it('takes the backup out of the catalogue when it was deleted', async () => {
      const backup = aBackup();
      const { id, fence } = await claimed({ backup });
      await stores().journal.finish(id, fence, {
        status: 'succeeded',
        failure: null,
        backup: { id: backup.id, remove: true },
      });
      expect(await stores().catalogue.backup(backup.id, null)).toBeUndefined();
    });

    it('keeps the failure that began the undo when the end brings none', async () => {
      const restore = aRestore();
      const { id, fence } = await claimed({ restore });
      await stores().journal.beginUndo(id, fence, FAILURE);
      const change = { status: 'error' as const, volumes: [] };
      await stores().journal.finish(id, fence, {
        status: 'cancelled',
        failure: null,
        restore: { id: restore.id, change },
      });
      const operation = await stores().operations.operation(id, PROJECT);
      expect(operation).toMatchObject({ status: 'cancelled', failure: FAILURE });
      expect(await stores().catalogue.restore(restore.id, PROJECT)).toMatchObject(change);
    });
  });
}

import { describe, expect, it } from '@jest/globals';
import { anOperation } from './examples.ts';
import type { Stores } from './stores.ts';

/** Whose journals tell of what is ours outside of Ceph. */
export function leftBehindContract(stores: () => Stores): void {
  describe('operations that make things in other services', () => {
    it('are known as open, and as untold only when an earlier release ended them', async () => {
      const { operations, journal, leftBehind } = stores();
      const [restore, backup] = [anOperation({ workflow: 'restore-volumes/1' }), anOperation()];
      for (const operation of [restore, backup]) await operations.record({ operation, holds: [] });
      const open = await leftBehind.open(10_000);
      expect([open.includes(restore.id), open.includes(backup.id)]).toEqual([true, false]);
      const fence = await journal.claim({ id: restore.id, fence: 0, beat: 0, worker: null }, 'w');
      await journal.finish(restore.id, fence as number, { status: 'failed', failure: null });
      expect(await leftBehind.open(10_000)).not.toContain(restore.id);
      expect(await leftBehind.untold(10_000)).not.toContain(restore.id);
      const old = anOperation({ workflow: 'revert-snapshot/1', status: 'failed' });
      await operations.record({ operation: old, holds: [] });
      expect(await leftBehind.untold(10_000)).toContain(old.id);
      await leftBehind.told([]);
      await leftBehind.told([old.id]);
      expect(await leftBehind.untold(10_000)).not.toContain(old.id);
    });
  });
}

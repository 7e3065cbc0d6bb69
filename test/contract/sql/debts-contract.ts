import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { NewDebt } from '../../../src/domain/operations/debt.ts';
import type { Stores } from './stores.ts';

/** What has to be cleaned up yet. */
export function debtsContract(stores: () => Stores): void {
  const aDebt = (fields: Partial<NewDebt> = {}): NewDebt => ({
    kind: 'remove-image',
    subject: `volumes/${randomUUID()}`,
    details: { pool: 'volumes', image_id: 'ab12' },
    project_id: 'p'.repeat(64),
    operation_id: randomUUID(),
    code: 'vm-backup.ceph.busy',
    reason: 'It is in use.',
    ...fields,
  });
  const one = async (subject: string) => (await stores().debts.list(1_000)).filter((debt) => debt.subject === subject);

  describe('a debt', () => {
    it('is recorded once for each kind and subject, keeps its time, and says why it waits now', async () => {
      const { debts } = stores();
      const debt = aDebt();
      await Promise.all([debts.record(debt), debts.record(debt)]);
      const [first] = await one(debt.subject);
      expect(first).toMatchObject({ ...debt, tries: 0, tried_at: null });
      await debts.attempted(debt.kind, debt.subject, { code: 'c', reason: 'r' }, 60_000);
      await debts.record({ ...debt, reason: 'Another.', details: null, project_id: null, operation_id: null });
      await debts.record({ ...debt, kind: 'remove-snap' });
      const rows = await one(debt.subject);
      expect(rows.map((row) => row.kind).toSorted()).toEqual(['remove-image', 'remove-snap']);
      const again = rows.find((row) => row.kind === 'remove-image');
      expect(again).toMatchObject({ reason: 'Another.', details: null, since: first?.since, tries: 1 });
    });

    it('is due at once, and again after a pause', async () => {
      const { debts } = stores();
      const debt = aDebt();
      const due = async () => (await debts.due(1_000)).some((row) => row.subject === debt.subject);
      await debts.record(debt);
      expect(await due()).toBe(true);
      await debts.attempted(debt.kind, debt.subject, { code: 'c', reason: 'r' }, 60_000);
      expect(await due()).toBe(false);
      expect(await one(debt.subject)).toMatchObject([
        { tries: 1, code: 'c', reason: 'r', tried_at: expect.any(String) },
      ]);
      await debts.attempted(debt.kind, debt.subject, { code: 'c', reason: 'r' }, 0);
      expect(await due()).toBe(true);
      expect(await debts.due(0)).toEqual([]);
    });

    it('is settled, also twice, and counted by kind', async () => {
      const { debts } = stores();
      const debt = aDebt({ kind: 'remove-keypair' });
      await debts.record(debt);
      await debts.record({ ...debt, subject: `${debt.subject}/2` });
      const [row] = await one(debt.subject);
      const counted = async () => (await debts.summary()).find((summed) => summed.kind === 'remove-keypair');
      expect(await counted()).toEqual({ kind: 'remove-keypair', count: 2, oldest: row?.since });
      for (const _ of [1, 2]) await debts.settle(debt.kind, debt.subject);
      expect(await counted()).toMatchObject({ count: 1 });
      await debts.settle(debt.kind, `${debt.subject}/2`);
      expect(await counted()).toBeUndefined();
    });
  });
}

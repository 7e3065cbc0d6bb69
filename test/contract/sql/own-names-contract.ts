import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { aBackup, anOperation } from './examples.ts';
import type { Stores } from './stores.ts';

/** What this installation gave names to in Ceph. */
export function ownNamesContract(stores: () => Stores): void {
  describe('an installation', () => {
    it('has one id for ever, also when two processes draw it at once', async () => {
      const { ownNames } = stores();
      const drawn = await Promise.all([1, 2, 3].map(() => ownNames.installation()));
      expect(new Set(drawn).size).toBe(1);
      expect(drawn[0]).toMatch(/^[0-9a-f-]{36}$/);
    });

    it('remembers every id that it gave out, also when the record is gone, and no other', async () => {
      const { ownNames, operations, catalogue } = stores();
      const safety = randomUUID();
      const operation = { ...anOperation(), input: { safety_id: safety } };
      const backup = { ...aBackup(), operation_id: operation.id };
      await operations.record({ operation, backup, holds: [] });
      await catalogue.removeBackup(backup.id);
      const stranger = randomUUID();
      const all = [operation.id, backup.id, safety, stranger];
      expect(await ownNames.ours(all)).toEqual(new Set([operation.id, backup.id, safety]));
      for (const _ of [1, 2]) await ownNames.claim([stranger, stranger]);
      expect(await ownNames.ours([stranger])).toEqual(new Set([stranger]));
      expect(await ownNames.ours([])).toEqual(new Set());
    });

    it('knows since when it sees a place, and forgets what it sees no more', async () => {
      const { ownNames } = stores();
      const at = (day: number) => `2026-01-0${day}T00:00:00.000Z`;
      await ownNames.seenSince(['a', 'b'], at(1));
      expect(await ownNames.seenSince(['b', 'c'], at(2))).toEqual(
        new Map([
          ['b', at(1)],
          ['c', at(2)],
        ]),
      );
      expect(await ownNames.seenSince(['a'], at(3))).toEqual(new Map([['a', at(3)]]));
    });
  });
}

import type { Transaction } from 'kysely';
import { RewindError } from '../../../domain/errors.ts';
import type { Journal } from '../../../ports/stores/journal.ts';
import type { Clock } from '../../../ports/system.ts';
import { exact, json, jsonOrNull } from '../database/columns.ts';
import { guarded } from '../database/database-trouble.ts';
import { fencedWrite } from '../database/fenced-write.ts';
import type { Database, OperationRow, Tables } from '../database/tables.ts';
import { claimOperation, openOperations, releaseOperation } from './claim-operation.ts';
import { finishOperation } from './finish-operation.ts';
import { writeDone, writeIntent, writeNote, writeUndone } from './journal-steps.ts';
import { journalEntryOf, operationOf } from './operation-row.ts';

/** The journal and the fence. Every write is one transaction that first proves the fence; see `fencedWrite`. */
export function sqlJournal(db: Database, clock: Clock): Journal {
  const now = (): string => new Date(clock.now()).toISOString();
  const write = <T>(
    id: string,
    fence: number,
    change: Partial<OperationRow>,
    work: (tx: Transaction<Tables>) => Promise<T>,
  ) => fencedWrite(db, { id, fence, change: { updated_at: now(), ...change } }, work);

  return {
    openOperations: () => openOperations(db),
    openOperation: async (id) => (await openOperations(db, id))[0],
    claim: (seen, worker) => claimOperation(db, seen, worker, now()),
    release: (id, fence, pause) => releaseOperation(db, { id, fence, now: clock.now() }, pause),
    load: (id) => load(db, id),
    beat: (id, fence, { bytesDone, bytesTotal, percent, deadlineAt }) => {
      const progress = Math.max(0, Math.min(100, Math.floor(percent)));
      const bytes = { bytes_done: exact(bytesDone), bytes_total: exact(bytesTotal) };
      return write(id, fence, { progress, ...bytes, ...(deadlineAt && { deadline_at: deadlineAt }) }, async (tx) => {
        const row = await flags(tx, id);
        return { cancelRequested: row.cancel_requested === 1 };
      });
    },
    intend: (id, fence, key, input) => write(id, fence, {}, (tx) => writeIntent(tx, { id, key, now: now() }, input)),
    note: (id, fence, key, noted) => write(id, fence, {}, (tx) => writeNote(tx, { id, key }, noted)),
    complete: (id, fence, key, output) =>
      write(id, fence, { waits: 0 }, (tx) => writeDone(tx, { id, key, now: now() }, output)),
    markUndone: (id, fence, key) => write(id, fence, {}, (tx) => writeUndone(tx, { id, key, now: now() })),
    commit: (id, fence) =>
      write(id, fence, { committed: 1 }, async (tx) => {
        if ((await flags(tx, id)).undoing === 1) throw noWay();
      }),
    beginUndo: (id, fence, failure) =>
      write(id, fence, { undoing: 1, failure: json(failure), trouble: null }, async (tx) => {
        if ((await flags(tx, id)).committed === 1) throw noWay();
      }),
    noteTrouble: (id, fence, failure) => write(id, fence, { trouble: jsonOrNull(failure) }, async () => {}),
    finish: (id, fence, end) => finishOperation(db, { id, fence, end, now: now() }),
  };
}

async function load(db: Database, id: string): ReturnType<Journal['load']> {
  const operation = await guarded(() =>
    db.selectFrom('operations').selectAll().where('id', '=', id).executeTakeFirst(),
  );
  if (!operation) throw new RewindError('operation.not-found');
  const lines = db.selectFrom('journal').selectAll().where('operation_id', '=', id).orderBy('seq');
  return { operation: operationOf(operation), entries: (await guarded(() => lines.execute())).map(journalEntryOf) };
}

const flags = (tx: Transaction<Tables>, id: string) =>
  tx
    .selectFrom('operations')
    .select(['cancel_requested', 'committed', 'undoing'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();

/** Past the point of no return there is no undo, and an undo does not pass it: the recipe is wrong. */
const noWay = (): RewindError => new RewindError('internal.point-of-no-return');

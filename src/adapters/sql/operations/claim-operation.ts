import type { OpenOperation, SeenOperation } from '../../../ports/stores/journal.ts';
import { exact } from '../database/columns.ts';
import { guarded } from '../database/database-trouble.ts';
import { fenced } from '../database/fenced-write.ts';
import type { Database } from '../database/tables.ts';
import { OPEN_STATUSES } from './sql-operations.ts';

/** The earliest recorded come first; the rest is seen when these are done. */
const MOST_OPEN_OPERATIONS = 10_000;
const MOST_DOUBLINGS = 30;

/** All open operations, or this one. */
export async function openOperations(db: Database, id?: string): Promise<OpenOperation[]> {
  const all = db
    .selectFrom('operations')
    .select(['id', 'fence', 'beat', 'worker', 'project_id', 'workflow', 'look_at', 'created_at'])
    .where('status', 'in', OPEN_STATUSES)
    .orderBy('created_at')
    .orderBy('id')
    .limit(MOST_OPEN_OPERATIONS);
  const rows = await guarded(() => (id === undefined ? all : all.where('id', '=', id)).execute());
  return rows.map(({ id, worker, ...row }) => ({
    ...{ id, worker, fence: exact(row.fence), beat: exact(row.beat) },
    projectId: row.project_id,
    workflow: row.workflow,
    createdAtMs: Date.parse(row.created_at),
    lookAtMs: row.look_at === null ? null : Date.parse(row.look_at),
  }));
}

/**
 * One statement decides: of all workers that saw the same fence and beat, exactly one changes the row. A worker that
 * has shown life since has raised the beat and keeps its operation.
 */
export async function claimOperation(
  db: Database,
  seen: SeenOperation,
  worker: string,
  now: string,
): Promise<number | undefined> {
  const update = db
    .updateTable('operations')
    .set((eb) => ({
      fence: seen.fence + 1,
      beat: seen.beat + 1,
      worker,
      look_at: null,
      status: 'running',
      started_at: eb.fn.coalesce('started_at', eb.val(now)),
      updated_at: now,
    }))
    .where('id', '=', seen.id)
    .where('fence', '=', seen.fence)
    .where('beat', '=', seen.beat)
    .where('status', 'in', OPEN_STATUSES);
  const { numUpdatedRows } = await guarded(() => update.executeTakeFirst());
  return numUpdatedRows === 1n ? seen.fence + 1 : undefined;
}

/** Idempotent, also after `finish`. @throws RewindError `workflow.fenced` when another worker has claimed it */
export async function releaseOperation(
  db: Database,
  { id, fence, now }: { id: string; fence: number; now: number },
  pause?: { pauseMs: number; longestMs: number },
): Promise<void> {
  const mine = db.selectFrom('operations').select('waits').where('id', '=', id).where('fence', '=', fence);
  const waits = (await guarded(() => mine.executeTakeFirst()))?.waits;
  if (waits === undefined) throw fenced();
  const pauseMs = pause && Math.min(pause.pauseMs * 2 ** Math.min(exact(waits), MOST_DOUBLINGS), pause.longestMs);
  const update = db
    .updateTable('operations')
    .set((eb) => ({
      worker: null,
      beat: eb('beat', '+', 1),
      look_at: pauseMs === undefined ? null : new Date(now + pauseMs).toISOString(),
      waits: pauseMs === undefined ? waits : waits + 1,
    }))
    .where('id', '=', id)
    .where('fence', '=', fence);
  const { numUpdatedRows } = await guarded(() => update.executeTakeFirst());
  if (numUpdatedRows !== 1n) throw fenced();
}

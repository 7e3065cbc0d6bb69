import { randomUUID } from 'node:crypto';
import { sqlJournal } from '../../src/adapters/sql/operations/sql-journal.ts';
import { sqlOperations } from '../../src/adapters/sql/operations/sql-operations.ts';
import type { Operation } from '../../src/domain/operations/operation.ts';
import { queuedOperation } from '../../src/domain/operations/queued-operation.ts';
import type { Clock } from '../../src/ports/system.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import type { Engine } from '../../src/workflow-engine/execute-operation.ts';
import { executeOperation } from '../../src/workflow-engine/execute-operation.ts';
import { LetGo } from '../../src/workflow-engine/signals.ts';
import type { Workflow } from '../../src/workflow-engine/workflow.ts';
import { freshDatabase } from './fresh-database.ts';
import { kept } from './kept.ts';
import { silentLog } from './silent-log.ts';
import { type ToyWorld, toyRecipe } from './toy-recipe.ts';

const HOURS_OF_A_YEAR = 365 * 24;

/** A clock whose sleeps take no time. */
export const hastyClock = (): Clock => {
  let nowMs = Date.parse('2026-01-01T00:00:00Z');
  return {
    now: () => nowMs,
    monotonic: () => nowMs,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      nowMs += Math.min(ms, 1000);
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    },
  };
};

/** Dies here: what was in memory is gone, nothing is recorded any more. */
export class Crash extends LetGo {
  constructor() {
    super('lease-lost');
  }
}

export const engineBench = (world: ToyWorld, crashAt?: (place: string) => boolean) =>
  recipeBench({ world, workflow: toyRecipe, operation: newOperation() }, crashAt);

/** One operation of one recipe in a world in memory, with a real journal. */
export async function recipeBench<W>(
  { world, workflow, operation }: { world: W; workflow: Workflow<W>; operation: Operation },
  crashAt?: (place: string) => boolean,
) {
  const clock = hastyClock();
  const db = await freshDatabase();
  const operations = sqlOperations(db, clock);
  const journal = sqlJournal(db, clock);
  const places: string[] = [];
  let crashes = crashAt;
  const engine: Engine<W> = {
    workflows: [workflow],
    worldOf: () => world,
    journal,
    clock,
    log: silentLog,
    metrics: createMetrics(),
    worker: 'worker-1',
    leaseMs: 60_000_000,
    retry: { budgetMs: 5_000, deadlineMs: HOURS_OF_A_YEAR * 3_600_000 },
    boundary: (_workflow, key, place) => {
      const name = `${key}:${place}`;
      places.push(name);
      if (crashes?.(name)) {
        crashes = undefined;
        throw new Crash();
      }
    },
  };
  await operations.record({ operation, holds: kept(randomUUID()) });
  const execute = async () => {
    const [open] = await journal.openOperations();
    return open ? executeOperation(engine, open, new AbortController().signal) : undefined;
  };
  return { engine, journal, operations, operation, places, clock, execute, close: () => db.destroy() };
}

export function newOperation(): Operation {
  const plan = { workflow: 'create-backup/1', projectId: 'p1', resourceType: 'backup', input: {} } as const;
  const asker = { userId: 'u1', requestId: `req-${randomUUID()}`, globalRequestId: null };
  const ids = { id: randomUUID(), resourceId: randomUUID() };
  return queuedOperation({ ...ids, ...plan }, asker, Date.parse('2026-01-01T00:00:00.000Z'), HOURS_OF_A_YEAR);
}

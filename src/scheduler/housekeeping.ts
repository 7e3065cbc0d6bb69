import { dropTrusts } from '../api/shared/drop-trusts.ts';
import type { SchedulerParts } from './parts.ts';

const MS_PER_DAY = 86_400_000;
/** Each comes with its journal: this number is small enough to keep nobody waiting for the database. */
const OPERATIONS_AT_ONCE = 200;
const MOST_TURNS = 50;

/** Removes old things: runs and operations that ended long ago, messages, and trusts that nobody needs. */
export async function housekeeping({ deps, settings }: SchedulerParts): Promise<void> {
  const daysAgo = (days: number) => new Date(deps.clock.now() - days * MS_PER_DAY).toISOString();
  await deps.policies.pruneRuns(daysAgo(settings.keepRunsDays));
  const ended = daysAgo(settings.keepOperationsDays);
  for (let turn = 0; turn < MOST_TURNS; turn += 1)
    if ((await deps.operations.prune(ended, OPERATIONS_AT_ONCE)) < OPERATIONS_AT_ONCE) break;
  await deps.messages.pruneMessages(new Date(deps.clock.now()).toISOString());
  await dropTrusts(deps, await deps.policies.oldTrusts());
}

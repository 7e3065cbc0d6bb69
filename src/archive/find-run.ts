import type { Target } from '../ports/target.ts';
import { openBySize } from './open-run.ts';
import type { RunSummary } from './run-summary.ts';

/**
 * What a worker that was killed may have left: a run that is there is complete, since objects appear in whole or
 * not at all. Undefined when absent; rejects with `archive.damaged` when it is not what a writer leaves.
 */
export async function findRun(target: Target, object: string): Promise<RunSummary | undefined> {
  const size = await target.size(object);
  return size === undefined ? undefined : (await openBySize(target, object, size)).summary;
}

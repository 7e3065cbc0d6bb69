import { RewindError } from '../domain/errors.ts';
import type { Target } from '../ports/target.ts';
import { damaged } from './damage.ts';
import { inOrder } from './in-order.ts';
import { MAX_RUNS, OPEN_RUNS_AT_ONCE } from './limits.ts';
import type { RunRef } from './manifest.ts';
import { type OpenRun, openRun } from './open-run.ts';

/**
 * Opens all runs of a disk, newest first, and checks that each begins where the next older one ends and that the
 * oldest holds the whole disk. Rejects with `archive.damaged` or `archive.missing`.
 */
export async function openChain(target: Target, refs: readonly RunRef[]): Promise<OpenRun[]> {
  if (refs.length === 0 || refs.length > MAX_RUNS) {
    throw new RewindError('archive.bad-chain', 'A backup cannot need this many runs.', { fault: 'bug' });
  }
  async function* each() {
    yield* refs;
  }
  const runs: OpenRun[] = [];
  for await (const run of inOrder(each(), (ref) => openRun(target, ref), OPEN_RUNS_AT_ONCE)) runs.push(run);
  for (const [at, { summary }] of runs.entries()) {
    const older = runs[at + 1]?.summary;
    if (summary.from_snap !== (older?.to_snap ?? null))
      throw damaged(summary.object, 'it does not continue the run before it');
  }
  return runs;
}

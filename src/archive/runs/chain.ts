import { RewindError } from '../../domain/errors.ts';
import type { KeyRing } from '../../ports/keys.ts';
import type { Target } from '../../ports/target.ts';
import { MAX_RUNS, OPEN_RUNS_AT_ONCE } from '../format/format-limits.ts';
import { inOrder } from '../format/in-order.ts';
import type { RunRef } from '../manifests/manifest.ts';
import { damaged } from './damage.ts';
import { type OpenRun, openRun } from './open-run.ts';

/** Opens all runs of a disk like `openRuns`, and requires that the oldest holds the whole disk. */
export async function openChain(target: Target, refs: readonly RunRef[], keys: KeyRing): Promise<OpenRun[]> {
  const runs = await openRuns(target, refs, keys);
  const { object, from_snap } = runs.at(-1)!.summary;
  if (from_snap !== null) throw notContinued(object);
  return runs;
}

/**
 * Opens runs, newest first, and checks that each begins where the next older one ends. Rejects with `archive.damaged`
 * or `archive.missing`.
 */
export async function openRuns(target: Target, refs: readonly RunRef[], keys: KeyRing): Promise<OpenRun[]> {
  if (refs.length === 0 || refs.length > MAX_RUNS) {
    throw new RewindError('archive.bad-chain', 'A backup cannot need this many runs.');
  }
  async function* each() {
    yield* refs;
  }
  const runs: OpenRun[] = [];
  for await (const run of inOrder(each(), (ref) => openRun(target, ref, keys), OPEN_RUNS_AT_ONCE)) runs.push(run);
  for (const [at, { summary }] of runs.entries()) {
    const older = runs[at + 1]?.summary;
    if (older && summary.from_snap !== older.to_snap) throw notContinued(summary.object);
  }
  return runs;
}

const notContinued = (object: string) => damaged(object, 'it does not continue the run before it');

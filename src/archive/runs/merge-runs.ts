import { RewindError } from '../../domain/errors.ts';
import type { KeyRing } from '../../ports/keys.ts';
import type { Target } from '../../ports/target.ts';
import type { RunRef } from '../manifests/manifest.ts';
import { openRuns } from './chain.ts';
import { mergedStream } from './merged-stream.ts';
import { type RunSummary, type WriteRunOptions, writeRun } from './write-run.ts';

export interface MergeRunsOptions
  extends Pick<WriteRunOptions, 'object' | 'key' | 'onProgress' | 'onSealed' | 'signal' | 'level'> {
  /** Runs of one disk, at least two, newest first; each continues the next. */
  runs: readonly RunRef[];
  target: Target;
  /** Keys of the runs that are read. */
  keys: KeyRing;
  /** Applied between reading and writing, e.g. to limit the rate. */
  through?: (stream: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
}

/**
 * Writes one run that covers what all of these cover together: from where the oldest begins to where the newest ends.
 * Everything happens on the target's side, with as much memory as a restore and a backup take. The runs stay as they
 * are. Rejects with `archive.would-decrypt` when `key` is null and one of them is encrypted, and with
 * `archive.damaged`, `archive.missing`, the target's error or the signal's reason; then nothing is left.
 */
export async function mergeRuns(options: MergeRunsOptions): Promise<RunSummary> {
  const { runs: refs, target, keys, through = (stream) => stream, ...write } = options;
  if (refs.length < 2) throw new RewindError('archive.bad-chain', 'There is nothing to merge.');
  const runs = await openRuns(target, refs, keys);
  if (write.key === null && runs.some((run) => run.parts.format === 'rewind-run/2')) {
    throw new RewindError('archive.would-decrypt');
  }
  const { to_snap: toSnap, size_bytes: sizeBytes } = runs[0]!.summary;
  const { from_snap: fromSnap } = runs.at(-1)!.summary;
  const stream = mergedStream(runs, target, { fromSnap, toSnap, sizeBytes });
  return writeRun({
    ...write,
    target,
    expect: { fromSnap, toSnap },
    source: { stream: through(stream), finished: Promise.resolve(), kill: () => undefined },
  });
}

import { giveBack } from '../../domain/give-back.ts';
import type { KeyRing } from '../../ports/keys.ts';
import type { Target } from '../../ports/target.ts';
import { READ_FRAMES_AHEAD } from '../format/format-limits.ts';
import { inOrder } from '../format/in-order.ts';
import type { RunRef } from '../manifests/manifest.ts';
import { damaged } from './damage.ts';
import { type OpenRun, openRun } from './open-run.ts';
import { checkEnds, frameEntries, loadFrame } from './read-run.ts';

/**
 * Reads a whole run back and checks every hash, every record and every sum. `onProgress` is called with the stored
 * bytes read since the last call. Rejects with `archive.damaged` or `archive.missing`, naming the object, or with the
 * signal's reason.
 */
export async function verifyRun(
  target: Target,
  ref: RunRef,
  keys: KeyRing,
  onProgress?: (storedBytes: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  await verifyOpenRun(target, await openRun(target, ref, keys), onProgress, signal);
}

/** The same for a run whose footer was read and checked already. */
export async function verifyOpenRun(
  target: Target,
  run: OpenRun,
  onProgress?: (storedBytes: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const sums = { plain: await checkEnds(target, run), changed: 0, zero: 0 };
  const frames = inOrder(
    frameEntries(target, run),
    async (entry) => ({ entry, loaded: await loadFrame(target, run, entry) }),
    READ_FRAMES_AHEAD,
  );
  for await (const { entry, loaded } of frames) {
    signal?.throwIfAborted();
    sums.plain += loaded.plain.length;
    for (const { kind, length } of loaded.records) sums[kind === 'data' ? 'changed' : 'zero'] += length;
    giveBack(loaded.plain);
    onProgress?.(entry.storedBytes);
  }
  const { plain_bytes: plain, changed_bytes: changed, zero_bytes: zero } = run.summary;
  if (sums.plain !== plain || sums.changed !== changed || sums.zero !== zero) {
    throw damaged(run.summary.object, 'its sums are wrong');
  }
}

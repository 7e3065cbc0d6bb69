import type { KeyRing } from '../../ports/keys.ts';
import type { Target } from '../../ports/target.ts';
import type { RunRef } from '../manifests/manifest.ts';
import { openChain } from './chain.ts';
import { damaged } from './damage.ts';
import { mergedStream } from './merged-stream.ts';

export interface RestoreStreamOptions {
  /** Newest first, down to the run that holds the whole disk. */
  runs: readonly RunRef[];
  /** Size of the disk at the newest run; a different size is refused. */
  sizeBytes: number;
  /** The end snap that `rbd import-diff` will create: it proves that everything was written. */
  toSnap: string;
  target: Target;
  /** Keys for those runs that are encrypted. */
  keys: KeyRing;
  signal: AbortSignal;
  /** Called with the bytes of the stream that were handed out since the last call. */
  onProgress?: (bytes: number) => void;
  /** Plain bytes of frames to hold at most; with less, some frames are read again. */
  cacheBytes?: number;
}

/**
 * One stock diff stream for a NEW image, whatever the length of the chain: each range of the disk comes once, from the
 * newest run that covers it; ranges of zeros are left out. Every byte was checked before it is handed out, and the end
 * record comes only when nothing was wrong. Throws `archive.damaged`, `archive.missing`, the target's error or the
 * signal's reason. Chunks are up to 1 MiB, each in memory of its own, which belongs to the consumer.
 */
export async function* restoreStream(options: RestoreStreamOptions): AsyncGenerator<Uint8Array, void, undefined> {
  const { target, keys, signal, sizeBytes, toSnap, onProgress, cacheBytes } = options;
  signal.throwIfAborted();
  const runs = await openChain(target, options.runs, keys);
  const newest = runs[0]!.summary;
  if (newest.size_bytes !== sizeBytes) throw damaged(newest.object, 'it belongs to a disk of another size');
  for await (const chunk of mergedStream(runs, target, { fromSnap: null, toSnap, sizeBytes }, cacheBytes)) {
    signal.throwIfAborted();
    const { length } = chunk;
    yield chunk;
    onProgress?.(length);
  }
}

import { noKeys } from '../../../../src/archive/keys/no-keys.ts';
import type { ManifestDisk } from '../../../../src/archive/manifests/manifest.ts';
import { restoreStream } from '../../../../src/archive/runs/restore-stream.ts';
import type { KeyRing } from '../../../../src/ports/keys.ts';
import type { Target } from '../../../../src/ports/target.ts';
import { readDiff } from '../../../../src/rbd-diff/reader.ts';
import { applyRecords } from './streams.ts';

/** What a restore would make of a disk of a backup. */
export async function contentOf(
  target: Target,
  { runs, size_bytes: sizeBytes, snap }: ManifestDisk,
  keys: KeyRing = noKeys,
): Promise<Uint8Array> {
  const stream = restoreStream({ runs, sizeBytes, toSnap: snap, target, keys, signal: new AbortController().signal });
  const { records } = await readDiff(stream, { fromSnap: null, toSnap: snap, sizeBytes });
  return applyRecords(new Uint8Array(0), sizeBytes, await Array.fromAsync(records));
}

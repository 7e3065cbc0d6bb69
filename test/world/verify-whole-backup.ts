import type { BackupIds } from '../../src/archive/format/layout.ts';
import { manifestObject, TARGET_INFO_OBJECT } from '../../src/archive/format/layout.ts';
import { generationOf, type Manifest } from '../../src/archive/manifests/manifest.ts';
import { readManifest } from '../../src/archive/manifests/manifests.ts';
import { readTargetInfo } from '../../src/archive/manifests/target-info.ts';
import { openChain } from '../../src/archive/runs/chain.ts';
import { damaged, missing } from '../../src/archive/runs/damage.ts';
import { verifyOpenRun } from '../../src/archive/runs/verify-run.ts';
import type { KeyRing } from '../../src/ports/keys.ts';
import type { Target } from '../../src/ports/target.ts';

export interface VerifyBackupOptions {
  target: Target;
  ids: BackupIds;
  /** Of manifests. */
  key: Uint8Array;
  keys: KeyRing;
  /** Told the stored bytes read since the last call. */
  onProgress?: (storedBytes: number) => void;
  signal?: AbortSignal;
}

/**
 * Reads back everything one backup needs: the target's mark, the manifest, and all runs. Resolves to the manifest
 * when every byte is as it was written; rejects with `archive.damaged` or `archive.missing`, naming the object.
 */
export async function verifyBackup(options: VerifyBackupOptions): Promise<Manifest> {
  const { target, ids, key, keys, onProgress, signal } = options;
  if ((await readTargetInfo(target, key)) === undefined) throw missing(TARGET_INFO_OBJECT);
  const manifest = await readManifest(target, ids, key);
  for (const disk of manifest.disks) {
    signal?.throwIfAborted();
    const runs = await openChain(target, disk.runs, keys);
    const newest = runs[0]!.summary;
    if (newest.to_snap !== disk.snap || newest.size_bytes !== disk.size_bytes) {
      throw damaged(manifestObject(ids, generationOf(manifest)), 'it names the runs of another disk');
    }
    for (const run of runs) await verifyOpenRun(target, run, onProgress, signal);
  }
  return manifest;
}

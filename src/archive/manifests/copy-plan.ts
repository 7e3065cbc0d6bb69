import { MAX_RUNS } from '../format/format-limits.ts';
import type { Manifest, RunRef } from './manifest.ts';

/** A run with the snap that it ends at. */
export interface ChainLink {
  ref: RunRef;
  toSnap: string;
}

export interface DiskCopy {
  diskId: string;
  /** To be copied, newest first. */
  copy: RunRef[];
  /** There already: they restore what the oldest of the others builds on. Newest first. */
  shared: RunRef[];
  /** The backup there that `shared` was found in. */
  sharedWith: string | null;
}

/**
 * What of a disk's chain (newest first) has to be copied. A snap is made once, by one backup: where a backup on the
 * other target has this disk at a snap of the chain, its runs restore the same bytes, however they were cut.
 */
export function planDiskCopy(diskId: string, chain: readonly ChainLink[], there: readonly Manifest[]): DiskCopy {
  for (const [index, { toSnap }] of chain.entries()) {
    for (const { backup, disks } of there) {
      const same = disks.find((disk) => disk.id === diskId && disk.snap === toSnap);
      if (!same || index + same.runs.length > MAX_RUNS) continue;
      return { diskId, copy: refs(chain.slice(0, index)), shared: same.runs, sharedWith: backup.id };
    }
  }
  return { diskId, copy: refs(chain), shared: [], sharedWith: null };
}

const refs = (chain: readonly ChainLink[]): RunRef[] => chain.map(({ ref }) => ref);

import { MAX_RUNS } from '../format/format-limits.ts';
import type { Manifest, RunRef } from './manifest.ts';

/** A run, and the snap at which it ends. */
export interface ChainLink {
  ref: RunRef;
  toSnap: string;
}

export interface DiskCopy {
  diskId: string;
  /** Runs that have to be copied, newest first. */
  copy: RunRef[];
  /**
   * Runs that the other target has already: they restore what the oldest of the copied ones builds on. Newest first.
   */
  shared: RunRef[];
  /** The backup on the other target in which `shared` was found. */
  sharedWith: string | null;
}

/**
 * Which runs of a disk's chain (newest first) have to be copied. A snap is made once, by one backup: where a backup on
 * the other target has this disk at a snap of the chain, its runs restore the same bytes, however they were cut.
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

import { runObject } from '../../../archive/format/layout.ts';
import type { RunRef } from '../../../archive/manifests/manifest.ts';
import { mergeRuns } from '../../../archive/runs/merge-runs.ts';
import { verifyRun } from '../../../archive/runs/verify-run.ts';
import type { RunSummary } from '../../../archive/runs/write-run.ts';
import { throttled } from '../../lookups/throttle.ts';
import type { RecipeStep } from '../../world.ts';
import { notedRun } from './noted-run.ts';

export interface MergeDiskInput {
  diskId: string;
  serverId: string;
  target: string;
  /** Newest first. */
  runs: RunRef[];
}

/** One run in place of several. */
export interface MergedDisk {
  diskId: string;
  /** Names of the runs that it replaces, newest first. */
  instead: string[];
  run: RunRef;
}

/** Writes the new run; all old ones stay. A run that a killed worker finished is used. */
export const mergeDisk: RecipeStep<MergeDiskInput, MergedDisk> = {
  name: 'merge-disk',
  async find(context, input) {
    const run = await notedRun(context, input.target);
    return run && mergedDisk(input, run);
  },
  async act(context, input) {
    const { world, operation, signal } = context;
    const { serverId, diskId, runs } = input;
    const target = world.targets.get(input.target);
    const merged = await mergeRuns({
      runs,
      target,
      keys: world.keys,
      key: await world.keys.current(target, operation.project_id),
      object: runObject({ projectId: operation.project_id, serverId, diskId }, operation.id, context.fence),
      level: world.settings.zstdLevel,
      signal,
      through: (stream) => throttled(stream, world.settings.maxBytesPerSecond, world.clock, signal),
      onSealed: (run) => context.note(run),
      onProgress: (bytes) => context.progress.add(bytes),
    });
    return mergedDisk(input, merged);
  },
};

/** Nothing may depend on a run that was not read back: checks every hash, and every record against the index. */
export const verifyMerged: RecipeStep<{ target: string; run: RunRef }, null> = {
  name: 'verify-merged',
  async act({ world, signal }, { target, run }) {
    await verifyRun(world.targets.get(target), run, world.keys, undefined, signal);
    return null;
  },
};

const mergedDisk = ({ diskId, runs }: MergeDiskInput, run: RunSummary): MergedDisk => ({
  diskId,
  instead: runs.map((one) => one.object),
  run: {
    object: run.object,
    footer_sha256: run.footer_sha256,
    size_bytes: run.size_bytes,
    stored_bytes: run.stored_bytes,
  },
});

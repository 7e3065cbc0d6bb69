import { findRun } from '../../archive/find-run.ts';
import { runObject, runsPrefix } from '../../archive/layout.ts';
import type { RunRef } from '../../archive/manifest.ts';
import { mergeRuns } from '../../archive/merge-runs.ts';
import { openRun } from '../../archive/open-run.ts';
import { verifyRun } from '../../archive/verify-run.ts';
import type { RunSummary } from '../../archive/write-run.ts';
import type { RecipeStep } from '../world.ts';
import { throttled } from './throttle.ts';

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
  /** Names of those that it says everything of, newest first. */
  instead: string[];
  run: RunRef;
}

/** Writes the new run; all old ones stay. What a killed worker finished is taken up. */
export const mergeDisk: RecipeStep<MergeDiskInput, MergedDisk> = {
  name: 'merge-disk',
  async find(context, input) {
    const target = context.world.targets.get(input.target);
    const { serverId, diskId, runs } = input;
    const { keys } = context.world;
    const prefix = runsPrefix({ projectId: context.operation.project_id, serverId, diskId });
    const encrypted = (await keys.current(target, context.operation.project_id)) !== null;
    for await (const object of target.list(prefix)) {
      if (!object.startsWith(`${prefix}${context.operation.id}.`)) continue;
      const open = await findRun(target, object, keys).catch(() => undefined);
      if (!open || (open.parts.format === 'rewind-run/2') !== encrypted) continue;
      const found = open.summary;
      const newest = (await openRun(target, runs[0]!, keys)).summary;
      const oldest = (await openRun(target, runs.at(-1)!, keys)).summary;
      const fits = found.to_snap === newest.to_snap && found.from_snap === oldest.from_snap;
      if (fits && found.size_bytes === newest.size_bytes) return mergedDisk(input, found);
    }
    return undefined;
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
      onProgress: (bytes) => context.progress.add(bytes),
    });
    return mergedDisk(input, merged);
  },
};

/** Nothing is to depend on what was not read back: every hash, every record against the index. */
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

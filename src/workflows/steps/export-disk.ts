import { findRun } from '../../archive/find-run.ts';
import { runObject, runsPrefix } from '../../archive/layout.ts';
import { type RunSummary, writeRun } from '../../archive/write-run.ts';
import type { ImageRef } from '../../domain/disk.ts';
import type { Target } from '../../ports/target.ts';
import type { RecipeStep } from '../world.ts';
import { throttled } from './throttle.ts';

export interface ExportDiskInput {
  diskId: string;
  serverId: string;
  backupId: string;
  target: string;
  image: ImageRef;
  snap: string;
  fromSnap: string | null;
}

/** Copies what changed on one disk to the target, as a run. Nothing is published before `rbd` has ended well. */
export const exportDisk: RecipeStep<ExportDiskInput, RunSummary> = {
  name: 'export-disk',
  async find(context, input) {
    const target = context.world.targets.get(input.target);
    const encrypted = (await context.world.keys.current(target, context.operation.project_id)) !== null;
    // A leftover that cannot be read is no reason to fail: the disk is exported again, under another name.
    for (const object of await runsOfBackup(target, context.operation.project_id, input)) {
      const run = await findRun(target, object, context.world.keys).catch(() => undefined);
      // One in clear, of before encryption was required, is not taken for encrypted.
      if (!run || (run.parts.format === 'rewind-run/2') !== encrypted) continue;
      if (run.summary.to_snap === input.snap && run.summary.from_snap === input.fromSnap) return run.summary;
    }
    return undefined;
  },
  async act(context, input) {
    const { world, operation, signal } = context;
    const target = world.targets.get(input.target);
    const key = await world.keys.current(target, operation.project_id);
    const source = world.ceph.exportDiff(input.image, input.snap, input.fromSnap ?? undefined, signal);
    return writeRun({
      source: { ...source, stream: throttled(source.stream, world.settings.maxBytesPerSecond, world.clock, signal) },
      expect: { fromSnap: input.fromSnap, toSnap: input.snap },
      target,
      key,
      // Every attempt has its own name: a worker that wakes up late can only write an orphan.
      object: runObject(
        { projectId: operation.project_id, serverId: input.serverId, diskId: input.diskId },
        input.backupId,
        context.fence,
      ),
      level: world.settings.zstdLevel,
      signal,
      onProgress: (bytes) => context.progress.add(bytes),
    });
  },
  async undo(context, input) {
    const target = context.world.targets.get(input.target);
    for (const object of await runsOfBackup(target, context.operation.project_id, input)) await target.remove(object);
  },
};

async function runsOfBackup(target: Target, projectId: string, input: ExportDiskInput): Promise<string[]> {
  const prefix = runsPrefix({ projectId, serverId: input.serverId, diskId: input.diskId });
  const own: string[] = [];
  for await (const object of target.list(prefix)) {
    if (object.startsWith(`${prefix}${input.backupId}.`)) own.push(object);
  }
  return own;
}

import { runObject, runsPrefix } from '../../../archive/format/layout.ts';
import { type RunSummary, writeRun } from '../../../archive/runs/write-run.ts';
import type { ImageRef } from '../../../domain/points/disk.ts';
import type { Target } from '../../../ports/target.ts';
import { throttled } from '../../lookups/throttle.ts';
import type { RecipeStep } from '../../world.ts';
import { notedRun } from './noted-run.ts';

export interface ExportDiskInput {
  diskId: string;
  serverId: string;
  backupId: string;
  target: string;
  image: ImageRef;
  snap: string;
  fromSnap: string | null;
}

/** Copies the changes of one disk to the target, as a run. Nothing is published before `rbd` has ended well. */
export const exportDisk: RecipeStep<ExportDiskInput, RunSummary> = {
  name: 'export-disk',
  async find(context, input) {
    const run = await notedRun(context, input.target);
    return run?.to_snap === input.snap && run.from_snap === input.fromSnap ? run : undefined;
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
      onSealed: (run) => context.note(run),
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

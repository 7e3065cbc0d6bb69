import type { Manifest, ManifestDisk, RunRef } from '../../archive/manifest.ts';
import { readManifest } from '../../archive/manifests.ts';
import { RewindError } from '../../domain/errors.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import type { World } from '../world.ts';

/** Everything a draft is filled from. */
export interface DraftSource {
  target: string;
  snap: string;
  sizeBytes: number;
  runs: RunRef[];
}

/** The backup's manifest, from the target itself. Rejects when the backup is not the project's or not there. */
export async function manifestOf(
  context: StepContext<World>,
  backupId: string,
): Promise<{ manifest: Manifest; target: string }> {
  const { world, operation } = context;
  const backup = await world.catalogue.backup(backupId, operation.project_id);
  if (!backup) throw new RewindError('backup.not-found', `There is no backup ${backupId}.`, { status: 404 });
  const ids = { projectId: backup.project_id, serverId: backup.server_id, backupId: backup.id };
  const manifest = await readManifest(world.targets.get(backup.target), ids, world.manifestKey);
  return { manifest, target: backup.target };
}

export function chosenDisks(manifest: Manifest, ids: readonly string[]): ManifestDisk[] {
  return ids.map((id) => {
    const disk = manifest.disks.find((one) => one.id === id);
    if (!disk) throw new RewindError('disk.unknown', `The backup has no disk ${id}.`, { status: 400 });
    return disk;
  });
}

export const sourceOf = (disk: ManifestDisk, target: string): DraftSource => ({
  target,
  snap: disk.snap,
  sizeBytes: disk.size_bytes,
  runs: disk.runs,
});

/** Refuses early, while nothing was made yet, when data of the backup is missing on the target. */
export async function refuseMissingRuns(context: StepContext<World>, source: DraftSource): Promise<void> {
  const target = context.world.targets.get(source.target);
  for (const run of source.runs) {
    if ((await target.size(run.object)) === run.stored_bytes) continue;
    throw new RewindError('archive.missing', 'Data of the backup is missing on the target or has the wrong size.', {
      fault: 'errored',
      hint: 'Verify the backup and choose another one.',
    });
  }
}

import { generationOf, type Manifest, type ManifestDisk } from '../../../archive/manifests/manifest.ts';
import { writeManifest } from '../../../archive/manifests/manifests.ts';
import { findTrusted } from '../../lookups/trusted-manifest.ts';
import type { RecipeStep } from '../../world.ts';
import type { MergedDisk } from './merge-disk.ts';

export interface DescribeAnewInput {
  backupId: string;
  serverId: string;
  target: string;
  merged: MergedDisk[];
}

/**
 * Writes the next generation of a backup's manifest, which names the merged runs. Both generations are valid: a reader
 * of the old one finds all that it names, as the sweep waits for them.
 */
export const describeAnew: RecipeStep<DescribeAnewInput, { described: boolean }> = {
  name: 'describe-anew',
  async act(context, { backupId, target: name, merged }) {
    const { world, operation, signal } = context;
    const target = world.targets.get(name);
    const row = await world.catalogue.backup(backupId, operation.project_id);
    // A deletion waits until this operation is over; a backup that is gone must not come back.
    if (row?.status !== 'available') return { described: false };
    const manifest = (await findTrusted(world, row))?.manifest;
    if (!manifest) return { described: false };
    // A killed worker had written it already.
    if (merged.some(({ run }) => manifest.disks.some((disk) => disk.runs.some((one) => one.object === run.object))))
      return { described: true };
    const disks = manifest.disks.map((disk) => withMerged(disk, merged));
    if (disks.every((disk, n) => disk === manifest.disks[n])) return { described: false };
    const next: Manifest = { ...manifest, generation: generationOf(manifest) + 1, disks };
    await context.proveLease();
    await writeManifest(target, next, world.manifestKey, signal);
    context.boundary('described');
    return { described: true };
  },
};

function withMerged(disk: ManifestDisk, merged: readonly MergedDisk[]): ManifestDisk {
  const one = merged.find((each) => each.diskId === disk.id);
  if (!one) return disk;
  const at = disk.runs.findIndex((run) => run.object === one.instead[0]);
  const fits = at >= 0 && one.instead.every((object, n) => disk.runs[at + n]?.object === object);
  if (!fits) return disk;
  return { ...disk, runs: [...disk.runs.slice(0, at), one.run, ...disk.runs.slice(at + one.instead.length)] };
}

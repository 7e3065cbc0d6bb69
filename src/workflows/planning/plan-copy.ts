import type { KeyPlace } from '../../archive/format/layout.ts';
import { keysOfProject } from '../../archive/keys/keys-of-project.ts';
import { type DiskCopy, planDiskCopy } from '../../archive/manifests/copy-plan.ts';
import type { Manifest, ManifestDisk, RunRef } from '../../archive/manifests/manifest.ts';
import { manifestsOfServer } from '../../archive/manifests/manifests.ts';
import { openRuns } from '../../archive/runs/chain.ts';
import { RewindError } from '../../domain/errors.ts';
import type { Target } from '../../ports/target.ts';
import { trustedManifest } from '../lookups/trusted-manifest.ts';
import type { RecipeStep, World } from '../world.ts';

export interface CopyBackupInput {
  /** The copy. */
  backup_id: string;
  /** The backup that is copied. */
  source_id: string;
  server_id: string;
  /** Where the copy will lie. */
  target: string;
}

export interface CopyPlan {
  /** Where the source lies. */
  from: string;
  /** In the order of the manifest. */
  disks: DiskCopy[];
  /** Each run once. */
  runs: RunRef[];
  /** Wrapped keys of the project that the copied runs need. */
  keys: KeyPlace[];
}

/** Read-only. What the other target already has of the server is not copied again. */
export const planCopy: RecipeStep<CopyBackupInput, CopyPlan> = {
  name: 'plan-copy',
  async act(context, { source_id: sourceId, server_id: serverId, target: name }) {
    const { world, operation } = context;
    const source = await world.catalogue.backup(sourceId, operation.project_id);
    if (!source) throw new RewindError('backup.not-found', `There is no backup ${sourceId}.`);
    const [from, to] = [world.targets.get(source.target), world.targets.get(name)];
    await to.probe();
    const manifest = await trustedManifest(world, source);
    const there = await usable(world, to, { projectId: operation.project_id, serverId });
    const disks: DiskCopy[] = [];
    const keyIds = new Set<string>();
    for (const disk of manifest.disks) {
      const open = await openRuns(from, disk.runs, world.keys);
      const chain = disk.runs.map((ref, index) => ({ ref, toSnap: open[index]?.summary.to_snap ?? '' }));
      const planned = planDiskCopy(disk.id, chain, there);
      for (const { keyId } of open.slice(0, planned.copy.length)) if (keyId !== null) keyIds.add(keyId);
      disks.push(planned);
    }
    const runs = [...new Map(disks.flatMap((disk) => disk.copy.map((ref) => [ref.object, ref]))).values()];
    // Each run is written once, and read back once.
    context.progress.total(2 * runs.reduce((sum, run) => sum + run.stored_bytes, 0));
    return { from: source.target, disks, runs, keys: await keyPlaces(world, from, operation.project_id, keyIds) };
  },
};

/**
 * Backups on the other target with those of their disks whose runs are all there: a copy must not build on what cannot
 * be restored.
 */
async function usable(
  world: World,
  target: Target,
  place: { projectId: string; serverId: string },
): Promise<Manifest[]> {
  const good: Manifest[] = [];
  for await (const found of manifestsOfServer(target, world.manifestKey, place)) {
    if (!('manifest' in found)) continue;
    const disks: ManifestDisk[] = [];
    for (const disk of found.manifest.disks) if (await isWhole(world, target, disk)) disks.push(disk);
    good.push({ ...found.manifest, disks });
  }
  return good;
}

async function isWhole(world: World, target: Target, disk: ManifestDisk): Promise<boolean> {
  try {
    await openRuns(target, disk.runs, world.keys);
    return true;
  } catch (error) {
    if (error instanceof RewindError && error.code.startsWith('vm-backup.archive.')) return false;
    throw error;
  }
}

async function keyPlaces(world: World, from: Target, projectId: string, ids: ReadonlySet<string>): Promise<KeyPlace[]> {
  if (ids.size === 0) return [];
  const { keys } = await keysOfProject(from, projectId, world.manifestKey);
  return [...ids].flatMap((id) => keys.get(id) ?? []);
}

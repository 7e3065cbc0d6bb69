import type { Manifest } from '../../archive/manifests/manifest.ts';
import { manifestsOfServer } from '../../archive/manifests/manifests.ts';
import { type PlannedMerge, planMerges } from '../../archive/manifests/plan-merges.ts';
import type { RecipeStep, World } from '../world.ts';

export interface CompactBackupInput {
  /** The server's newest backup on this target. */
  backup_id: string;
  server_id: string;
  target: string;
}

/** Read-only. Merges that are not worth it any more are not planned: another operation may have done them. */
export const planCompaction: RecipeStep<CompactBackupInput, { merges: PlannedMerge[] }> = {
  name: 'plan-compaction',
  async act({ world, operation }, { server_id: serverId, target }) {
    return { merges: await mergesDue(world, { projectId: operation.project_id, serverId, target }) };
  },
};

export interface ChainPlace {
  projectId: string;
  serverId: string;
  target: string;
}

/** The merges of a server's runs on one target that are worth doing now. */
export async function mergesDue(world: World, { projectId, serverId, target }: ChainPlace): Promise<PlannedMerge[]> {
  const { compactRuns: maxRuns, compactShare: minShare } = world.settings;
  if (maxRuns === 0) return [];
  const manifests: Manifest[] = [];
  let incomplete = false;
  for await (const found of manifestsOfServer(world.targets.get(target), world.manifestKey, { projectId, serverId })) {
    if ('manifest' in found) manifests.push(found.manifest);
    else incomplete = true;
  }
  // Read after the manifests: a backup whose row says `deleting` by now stays as it is.
  const rows = await world.catalogue.backupsOfServer(serverId, projectId);
  const whole = rows.filter((row) => row.status === 'available' && row.target === target).map((row) => row.id);
  return planMerges({ manifests, incomplete, rewritable: new Set(whole), newestId: whole[0] }, { maxRuns, minShare });
}

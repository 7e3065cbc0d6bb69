import { orphansOf } from '../../archive/manifests/orphans.ts';
import { unlistedNeeds } from '../steps/backup/unlisted-backups.ts';
import type { RecipeStep, World } from '../world.ts';
import type { ChainPlace } from './plan-compaction.ts';

export interface SweepRunsInput {
  server_id: string;
  target: string;
}

export interface SweepPlan {
  /** Runs that have been orphans for longer than the grace time. */
  runs: string[];
  /** Ids of backups that have manifests below the highest generation. */
  superseded: string[];
  /** Name of a manifest that cannot be read: then nothing of the server is removed. */
  unreadable: string | null;
}

const MS_PER_HOUR = 3_600_000;

/** Looks again, now that nothing can change any more. */
export const planSweep: RecipeStep<SweepRunsInput, SweepPlan> = {
  name: 'plan-sweep',
  async act({ world, operation }, { server_id: serverId, target }) {
    return sweepDue(world, { projectId: operation.project_id, serverId, target });
  },
};

/**
 * Marks orphans that it sees for the first time, unmarks those that are named again, and returns those that have to go.
 */
export async function sweepDue(
  world: Pick<
    World,
    'targets' | 'manifestKey' | 'condemnedRuns' | 'clock' | 'settings' | 'catalogue' | 'manifestCopies'
  >,
  place: ChainPlace,
): Promise<SweepPlan> {
  const { condemnedRuns, clock, settings } = world;
  const orphans = await orphansOf(world.targets.get(place.target), world.manifestKey, place);
  const superseded = orphans.superseded.map((ids) => ids.backupId);
  const unlisted = await unlistedNeeds(world, place, orphans.backups);
  const unreadable = orphans.unreadable ?? unlisted.unknown;
  if (unreadable !== null) return { runs: [], superseded, unreadable };
  const unneeded = orphans.runs.filter((run) => !unlisted.runs.has(run));
  const now = clock.now();
  const known = new Map((await condemnedRuns.list(place.target, place.serverId)).map((one) => [one.object, one.since]));
  const fresh = unneeded.filter((run) => !known.has(run));
  if (fresh.length > 0) await condemnedRuns.condemn(place.target, place.serverId, fresh, new Date(now).toISOString());
  for (const run of fresh) known.set(run, new Date(now).toISOString());
  const orphaned = new Set(unneeded);
  const forgiven = [...known.keys()].filter((run) => !orphaned.has(run));
  if (forgiven.length > 0) await condemnedRuns.forgive(place.target, forgiven);
  const dueSince = now - settings.sweepGraceHours * MS_PER_HOUR;
  const due = unneeded.filter((run) => Date.parse(known.get(run) ?? '') <= dueSince);
  return { runs: due, superseded, unreadable };
}

import { holdsOf } from '../../domain/operations/holds.ts';
import { eachByItself } from '../../periodic/each-by-itself.ts';
import type { PeriodicJob } from '../../periodic/periodic-job.ts';
import type { Operations } from '../../ports/stores/operations.ts';
import type { Log } from '../../ports/system.ts';
import { type ListedServer, serversOn } from '../../workflows/lookups/servers-on.ts';
import type { ChainPlace } from '../../workflows/planning/plan-compaction.ts';
import { sweepDue } from '../../workflows/planning/plan-sweep.ts';
import type { World } from '../../workflows/world.ts';
import { type AskingParts, askOurselves } from '../ask-ourselves.ts';

const LOOK_EVERY_MS = 3_600_000;

export interface SweepRunsParts extends Omit<AskingParts, 'clock'> {
  world: World;
  operations: Pick<Operations, 'record' | 'inTheWay'>;
  log: Log;
}

/**
 * Looks through the targets for runs that no manifest names, remembers since when, and requests the removal of those
 * whose grace time is over. Any number of workers may do it.
 */
export function sweepRunsOfTargets(parts: SweepRunsParts): PeriodicJob {
  const { world, log } = parts;
  /** Servers for which there was nothing to do on a target, with what was listed then. */
  const clean = new Map<string, string>();
  const ofTarget = (target: string) => ({ trouble: 'a target could not be looked through for orphans', target });
  const look = (over: AbortSignal) =>
    eachByItself(log, over, world.targets.names, ofTarget, (target) => {
      const told = ({ serverId }: ListedServer) => ({
        trouble: 'could not look after orphans of a server',
        server_id: serverId,
        target,
      });
      const servers = serversOn(world.targets.get(target));
      return eachByItself(log, over, servers, told, (server) => lookAt(parts, target, server, clean));
    });
  return { name: 'sweep-orphans', after: 'orphans', everyMs: LOOK_EVERY_MS, look };
}

async function lookAt(
  parts: SweepRunsParts,
  target: string,
  { projectId, serverId, listed }: ListedServer,
  clean: Map<string, string>,
): Promise<void> {
  const { world, operations, log } = parts;
  const key = `${target} ${serverId}`;
  if (clean.get(key) === listed) return;
  clean.delete(key);
  // Its runs are orphans until their manifest is written: they would be marked only to be unmarked again.
  if (await operations.inTheWay(holdsOf('sweep-runs/1', { serverId }))) return;
  const place = { projectId, serverId, target };
  const due = await sweepDue(world, place);
  if (due.unreadable !== null)
    log.warn('nothing of a server is swept, a manifest cannot be read', { target, object: due.unreadable });
  if (due.runs.length > 0 || due.superseded.length > 0) await askFor(parts, place);
  else if (due.unreadable === null && (await world.condemnedRuns.list(target, serverId)).length === 0)
    clean.set(key, listed);
}

async function askFor(parts: SweepRunsParts, { projectId, serverId, target }: ChainPlace): Promise<void> {
  const { world, log } = parts;
  const plan = {
    workflow: 'sweep-runs/1' as const,
    projectId,
    resourceType: 'server' as const,
    resourceId: serverId,
    input: { server_id: serverId, target },
  };
  const operation = await askOurselves({ ...parts, clock: world.clock }, plan, () => ({
    holds: holdsOf('sweep-runs/1', { serverId }),
  }));
  if (!operation) return;
  log.info('orphans are swept', { server_id: serverId, target, operation_id: operation.id });
}

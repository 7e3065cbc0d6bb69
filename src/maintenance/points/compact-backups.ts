import { holdsOf } from '../../domain/operations/holds.ts';
import { eachByItself } from '../../periodic/each-by-itself.ts';
import type { PeriodicJob } from '../../periodic/periodic-job.ts';
import type { Chains, ServerChain } from '../../ports/stores/chains.ts';
import type { Operations } from '../../ports/stores/operations.ts';
import type { Log } from '../../ports/system.ts';
import { mergesDue } from '../../workflows/planning/plan-compaction.ts';
import type { World } from '../../workflows/world.ts';
import { type AskingParts, askOurselves } from '../ask-ourselves.ts';

const LOOK_EVERY_MS = 60_000;
/** Wait before the same work is requested again: it failed, and will not recover soon. */
const TRY_AGAIN_MS = 6 * 3_600_000;

export interface CompactBackupsParts extends Omit<AskingParts, 'clock'> {
  world: World;
  chains: Chains;
  operations: Pick<Operations, 'record' | 'inTheWay'>;
  log: Log;
}

/** What this process remembers of a server's backups on a target: only to look less often. */
interface Seen {
  /** State of the rows; while it stays the same there is nothing new to see. */
  state: string;
  /** The last request. */
  asked: string;
  quietUntilMs: number;
}

/**
 * Requests the compaction of backups for which it is worth it. Any number of workers may do it: one operation at a time
 * holds a server's archive, and makes its own plan when it begins.
 */
export function compactBackups(parts: CompactBackupsParts): PeriodicJob[] {
  const { world, log } = parts;
  if (world.settings.compactRuns === 0) return [];
  const seen = new Map<string, Seen>();
  const look = async (over: AbortSignal) => {
    const all = await parts.chains.all();
    const keys = new Set(all.map(keyOf));
    for (const key of seen.keys()) if (!keys.has(key)) seen.delete(key);
    const told = ({ serverId, target }: ServerChain) => ({
      trouble: 'could not look at a chain',
      server_id: serverId,
      target,
    });
    await eachByItself(log, over, all, told, (chain) => lookAt(parts, seen, chain));
  };
  return [{ name: 'compact-backups', after: 'long chains', everyMs: LOOK_EVERY_MS, look }];
}

async function lookAt(parts: CompactBackupsParts, seen: Map<string, Seen>, chain: ServerChain): Promise<void> {
  const { world, operations } = parts;
  const state = `${chain.backups} ${chain.changedAt}`;
  const before = seen.get(keyOf(chain));
  const nowMs = world.clock.monotonic();
  if (before?.state === state && nowMs < before.quietUntilMs) return;
  if (await operations.inTheWay(holdsOf('compact-backup/1', { serverId: chain.serverId }))) return;
  const merges = await mergesDue(world, chain);
  const asked = JSON.stringify(
    merges.map(({ diskId, runs, backups }) => [diskId, runs.map((run) => run.object), backups]),
  );
  const nothing = merges.length === 0;
  const again = nothing || before?.asked === asked;
  if (!again && !(await askFor(parts, chain))) return;
  seen.set(keyOf(chain), { state, asked: nothing ? '' : asked, quietUntilMs: again ? nowMs + TRY_AGAIN_MS : nowMs });
}

/** False: another operation works on it; its turn comes again. */
async function askFor(parts: CompactBackupsParts, chain: ServerChain): Promise<boolean> {
  const { world, log } = parts;
  const { projectId, serverId, target } = chain;
  const rows = await world.catalogue.backupsOfServer(serverId, projectId);
  const newest = rows.find((row) => row.status === 'available' && row.target === target);
  if (!newest) return false;
  const plan = {
    workflow: 'compact-backup/1' as const,
    projectId,
    resourceType: 'backup' as const,
    resourceId: newest.id,
    input: { backup_id: newest.id, server_id: serverId, target },
  };
  const operation = await askOurselves({ ...parts, clock: world.clock }, plan, () => ({
    holds: holdsOf('compact-backup/1', { serverId }),
  }));
  if (!operation) return false;
  log.info('a chain is compacted', { server_id: serverId, target, operation_id: operation.id });
  return true;
}

const keyOf = ({ serverId, target }: ServerChain): string => `${serverId} ${target}`;

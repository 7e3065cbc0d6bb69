import { hasCode } from '../../domain/errors.ts';
import { holdsOf } from '../../domain/operations/holds.ts';
import type { ListedSnapshot } from '../../domain/points/snapshot.ts';
import { eachByItself } from '../../periodic/each-by-itself.ts';
import type { PeriodicJob } from '../../periodic/periodic-job.ts';
import type { Catalogue } from '../../ports/stores/catalogue.ts';
import type { Clock, Log } from '../../ports/system.ts';
import { type AskingParts, askOurselves } from '../ask-ourselves.ts';

const LOOK_EVERY_MS = 60_000;
const MOST_AT_ONCE = 20;
const NOT_DUE = ['snapshot.not-found', 'snapshot.protected', 'snapshot.busy', 'snapshot.kept'] as const;

export interface ExpireSnapshotsParts extends AskingParts {
  catalogue: Pick<Catalogue, 'listSnapshots'>;
  clock: Clock;
  log: Log;
}

/**
 * Requests the deletion of expired snapshots. Any number of workers may do it: the first request holds the server, and
 * once the snapshot is gone there is no more reason to ask.
 */
export function expireSnapshots(parts: ExpireSnapshotsParts): PeriodicJob {
  const look = async (over: AbortSignal) => {
    const expired = await parts.catalogue.listSnapshots({
      projectId: null,
      filters: [
        { field: 'expires_at', op: 'lt', values: [new Date(parts.clock.now()).toISOString()] },
        { field: 'status', op: 'in', values: ['available', 'error', 'cancelled'] },
        { field: 'protected', op: 'eq', values: ['false'] },
      ],
      sort: [{ field: 'expires_at', descending: false }],
      limit: MOST_AT_ONCE,
      marker: null,
    });
    const told = ({ id }: ListedSnapshot) => ({
      trouble: 'a snapshot that has expired stays for now',
      snapshot_id: id,
    });
    await eachByItself(parts.log, over, expired, told, (snapshot) => askFor(parts, snapshot));
  };
  return { name: 'expire-snapshots', after: 'expired snapshots', everyMs: LOOK_EVERY_MS, look };
}

async function askFor(parts: ExpireSnapshotsParts, { id, project_id, server_id }: ListedSnapshot): Promise<void> {
  const plan = {
    workflow: 'delete-snapshot/1' as const,
    projectId: project_id,
    resourceType: 'snapshot' as const,
    resourceId: id,
    input: { snapshot_id: id },
  };
  const operation = await askOurselves(parts, plan, (asked) => ({
    // Somebody may have decided to keep it since it was listed.
    snapshotChange: { id, change: { status: 'deleting', operation_id: asked.id }, expiredAt: asked.created_at },
    holds: holdsOf('delete-snapshot/1', { serverId: server_id, snapshotId: id }),
  })).catch((error: unknown) => {
    // It went meanwhile, or is to stay.
    if (NOT_DUE.some((code) => hasCode(error, code))) return undefined;
    throw error;
  });
  if (operation) parts.log.info('a snapshot has expired', { snapshot_id: id, operation_id: operation.id });
}

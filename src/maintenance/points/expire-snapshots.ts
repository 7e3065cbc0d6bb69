import { hasCode } from '../../domain/errors.ts';
import { holdsOf } from '../../domain/operations/holds.ts';
import type { ListedSnapshot } from '../../domain/points/snapshot.ts';
import { eachByItself, lookEvery } from '../../periodic/look-every.ts';
import type { Catalogue } from '../../ports/stores/catalogue.ts';
import type { Clock, Log } from '../../ports/system.ts';
import { type AskingParts, askOurselves } from '../ask-ourselves.ts';

const LOOK_EVERY_MS = 60_000;
const MOST_AT_ONCE = 20;
const NOT_DUE = ['snapshot.not-found', 'snapshot.protected', 'snapshot.busy', 'snapshot.kept'];

export interface ExpireSnapshotsParts extends AskingParts {
  catalogue: Pick<Catalogue, 'listSnapshots'>;
  clock: Clock;
  log: Log;
}

/**
 * Until `shutdown`: asks for the deletion of snapshots whose time is over. Any number of workers may do it: the
 * server is held by the first to ask, and with the snapshot goes the reason to ask.
 */
export async function expireSnapshots(parts: ExpireSnapshotsParts, shutdown: AbortSignal): Promise<void> {
  const looking = { ...parts, shutdown };
  await lookEvery(looking, { everyMs: LOOK_EVERY_MS, after: 'expired snapshots' }, async () => {
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
    await eachByItself(looking, expired, told, (snapshot) => askFor(parts, snapshot));
  });
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

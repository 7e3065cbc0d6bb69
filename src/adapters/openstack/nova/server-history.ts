import type { SeenAction, SeenMigration } from '../../../domain/operations/nova-intent.ts';
import { type JsonObject, list, object, text } from '../calls/read-json.ts';
import type { ServiceClient } from '../calls/service-client.ts';
import type { ComputeVersions } from './compute-versions.ts';

/**
 * Events of an action are shown since 2.51, and the contents of the list of migrations since 2.59. This version has
 * both.
 */
const LOOK = ['2.79'];
/** Newest first: the present ones are among the first. */
const MIGRATIONS = '50';

/** os-instance-actions (api-ref "Servers actions"): what was requested, by anybody. Newest first. */
export async function rebuildAsked(
  client: ServiceClient,
  versions: ComputeVersions,
  serverId: string,
): Promise<SeenAction | undefined> {
  const microversion = await versions.pick(...LOOK);
  const path = ['servers', serverId, 'os-instance-actions'];
  const listed = await client.find({ method: 'GET', path, microversion });
  for (const row of list(listed?.instanceActions)) {
    const action = text(row.action);
    const requestId = text(row.request_id);
    if ((action !== 'rebuild' && action !== 'evacuate') || requestId === null) continue;
    const shown = await client.find({ method: 'GET', path: [...path, requestId], microversion });
    const events = list(object(shown?.instanceAction).events);
    const over = text(row.message) === 'Error' || events.some(isLast);
    return { action, requestId, startedAt: text(row.start_time), over };
  }
  return undefined;
}

/** The host's part comes last; an earlier event ends the action only by failing. */
const isLast = (event: JsonObject): boolean =>
  text(event.result) === 'Error' ||
  ((text(event.event) ?? '').startsWith('compute_') && text(event.finish_time) !== null);

export async function migrationsOf(
  client: ServiceClient,
  versions: ComputeVersions,
  serverId: string,
): Promise<SeenMigration[]> {
  const microversion = await versions.pick(...LOOK);
  const query = { instance_uuid: serverId, limit: MIGRATIONS };
  const body = await client.read({ method: 'GET', path: ['os-migrations'], query, microversion });
  return list(body.migrations)
    .filter((row) => text(row.instance_uuid) === serverId)
    .map((row) => ({
      type: text(row.migration_type) ?? '',
      status: text(row.status) ?? '',
      createdAt: text(row.created_at),
    }));
}

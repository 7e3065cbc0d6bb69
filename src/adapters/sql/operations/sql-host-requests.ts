import type { Selectable } from 'kysely';
import type { HostRequest } from '../../../domain/operations/host-request.ts';
import type { HostRequests } from '../../../ports/stores/host-requests.ts';
import type { Clock } from '../../../ports/system.ts';
import { exact, json, parsed, parsedOrNull } from '../database/columns.ts';
import { guarded } from '../database/database-trouble.ts';
import type { Database, HostRequestRow } from '../database/tables.ts';

/** Requests that are left when a host without an agent comes back: the rest is seen when these are done. */
const MOST_WAITING = 1000;

export function sqlHostRequests(db: Database, clock: Clock): HostRequests {
  const now = (): string => new Date(clock.now()).toISOString();
  /** One statement decides: of all who want to change it from this status, exactly one does. */
  const change = async (id: string, from: HostRequest['status'], to: Partial<HostRequestRow>): Promise<boolean> => {
    const update = db
      .updateTable('host_requests')
      .set({ ...to, updated_at: now() })
      .where('id', '=', id)
      .where('status', '=', from);
    return (await guarded(() => update.executeTakeFirst())).numUpdatedRows === 1n;
  };
  const read = async (id: string): Promise<HostRequest | undefined> => {
    const select = db.selectFrom('host_requests').selectAll().where('id', '=', id);
    const row = await guarded(() => select.executeTakeFirst());
    return row && requestOf(row);
  };
  return {
    async ask({ id, operation_id, fence, host, request, expires_at, seal }) {
      const times = { created_at: now(), updated_at: now() };
      const row = {
        id,
        operation_id,
        fence,
        host,
        request: json(request),
        expires_at,
        seal,
        status: 'asked',
        ...times,
      };
      const insert = db.insertInto('host_requests').values({ ...row, result: null, failure: null, answer_seal: null });
      await guarded(() => insert.execute());
    },
    read,
    async waiting(host) {
      const select = db
        .selectFrom('host_requests')
        .innerJoin('operations', 'operations.id', 'host_requests.operation_id')
        .select('host_requests.id')
        .where('host_requests.host', '=', host)
        .where('host_requests.status', '=', 'asked')
        .where('operations.status', '=', 'running')
        .whereRef('operations.fence', '=', 'host_requests.fence')
        .orderBy('host_requests.created_at')
        .limit(MOST_WAITING);
      return (await guarded(() => select.execute())).map((row) => row.id);
    },
    async take(id, host) {
      const operation = db
        .selectFrom('host_requests')
        .innerJoin('operations', 'operations.id', 'host_requests.operation_id')
        .select('host_requests.id')
        .where('host_requests.id', '=', id)
        .where('host_requests.host', '=', host)
        .where('operations.status', '=', 'running')
        .whereRef('operations.fence', '=', 'host_requests.fence');
      if (!(await guarded(() => operation.executeTakeFirst()))) return undefined;
      return (await change(id, 'asked', { status: 'taken' })) ? read(id) : undefined;
    },
    async openOf(operationId) {
      const select = db
        .selectFrom('host_requests')
        .select('id')
        .where('operation_id', '=', operationId)
        .where('status', 'in', ['asked', 'taken']);
      return (await guarded(() => select.execute())).map((row) => row.id);
    },
    withdraw: (id) => change(id, 'asked', { status: 'withdrawn' }),
    async takenOn(host) {
      const select = db
        .selectFrom('host_requests')
        .select('id')
        .where('host', '=', host)
        .where('status', '=', 'taken')
        .limit(MOST_WAITING);
      return (await guarded(() => select.execute())).map((row) => row.id);
    },
    async beat(id) {
      await change(id, 'taken', {});
    },
    async finish(id, end) {
      const to =
        'failure' in end
          ? { status: 'failed', failure: json(end.failure) }
          : { status: 'done', result: json(end.result) };
      await change(id, 'taken', { ...to, answer_seal: end.seal });
    },
  };
}

function requestOf(row: Selectable<HostRequestRow>): HostRequest {
  const { id, operation_id, host } = row;
  return {
    id,
    operation_id,
    host,
    fence: exact(row.fence),
    request: parsed(row.request),
    expires_at: row.expires_at,
    seal: row.seal,
    status: row.status as HostRequest['status'],
    result: parsedOrNull(row.result),
    failure: parsedOrNull(row.failure),
    answer_seal: row.answer_seal,
    touched_at: row.updated_at,
  };
}

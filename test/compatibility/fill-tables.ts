import { randomUUID } from 'node:crypto';
import { aMessage, aPolicy, aQuery, aRun, PROJECT } from '../contract/sql/examples.ts';
import type { Release } from './release.ts';

const AT = '2026-01-01T00:00:00.000Z';
const SHOWN = 30;

/** A row or more in the tables that operations leave empty. */
export async function fillTables(release: Release): Promise<void> {
  const { policies, messages, quotas, targetReports, verifyShares, turns } = release;
  const policy = aPolicy({ targets: ['first', 'second'] });
  await policies.createPolicy(policy, 10);
  await policies.plan(policy, { last_run_at: AT }, [
    aRun(policy),
    aRun(policy, { status: 'waiting', target: 'second' }),
  ]);
  await messages.tell([aMessage(), aMessage({ resource_type: 'server', message_level: 'WARNING' })]);
  await quotas.set(PROJECT, { points: 7, bytes: -1, operations: 3 });
  await targetReports.put({
    ...{
      target: 'first',
      host: 'worker-1',
      available: true,
      fail_code: null,
      total_bytes: 2 ** 40,
      free_bytes: 2 ** 39,
    },
    reported_at: AT,
  });
  const today = await verifyShares.began('first', 30, 20_000);
  await verifyShares.claim({ target: 'first', shares: 30, share: 3, day: today }, 'worker-1', AT);
  await turns.take('scheduler', undefined, 'worker-1', { looked: AT });
}

/** What a worker asks of a host's agent for an operation that is open. */
export async function askHost({ hostRequests }: Release, operationId: string): Promise<void> {
  await hostRequests.ask({
    ...{ id: randomUUID(), operation_id: operationId, fence: 1, host: 'compute-1' },
    request: { serverId: randomUUID(), images: [{ pool: 'vms', image: 'x' }], snap: 'rewind-b-x', wanted: 'best' },
    ...{ expires_at: null, seal: null },
  });
}

/** Rows of the tables that people see, as this release reads them: the first of each, by id. */
export async function rowsOf({ catalogue, operations, policies, messages, quotas, ...rest }: Release) {
  const query = aQuery({ projectId: null, limit: SHOWN, sort: [{ field: 'id', descending: false }] });
  return {
    backups: await catalogue.listBackups(query),
    snapshots: await catalogue.listSnapshots(query),
    restores: await catalogue.listRestores(query),
    operations: await operations.list(query),
    policies: await policies.listPolicies(query),
    runs: await policies.listPolicyRuns(query),
    messages: await messages.listMessages(query),
    quotas: [await quotas.ofProject(PROJECT)],
    reports: await rest.targetReports.list(),
    shares: await rest.verifyShares.all(),
    turns: [await rest.turns.look('scheduler')],
  };
}

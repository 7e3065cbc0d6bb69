import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type BlankServer, bootBlankServer, dropBlankServer } from '../world/lab/blank-server.ts';
import { until } from '../world/lab/lab.ts';
import { available, carryOut, type Installation, install } from '../world/lab/rewind.ts';
import { logIn, must, type Tenant } from '../world/lab/tenant.ts';

/** A server about which others, and its owner, have written what is in the way of those who read it. */
type Json = Record<string, unknown>;

let demo: Tenant;
let other: Tenant;
let rewind: Installation;
let server: BlankServer;

beforeAll(async () => {
  [demo, other] = await Promise.all([logIn('demo'), logIn('other')]);
  rewind = install();
  rewind.start('all');
  [server] = await Promise.all([bootBlankServer(demo, 'e2e-awkward', 4), rewind.ready()]);
});

afterAll(() => dropBlankServer(demo, server));
afterAll(() => rewind.end());

test('a port of another project that says it is our server’s is in no backup, and in the way of no restore', async () => {
  const made: [collection: string, id: string][] = [];
  const make = async (collection: string, key: string, body: Json): Promise<string> => {
    const answer = await must<Record<string, { id: string }>>(
      other.call('network', 'POST', `/v2.0/${collection}`, { [key]: body }),
    );
    const id = answer[key]?.id ?? '';
    made.unshift([collection, id]);
    return id;
  };
  try {
    const network_id = await make('networks', 'network', { name: 'e2e-theirs' });
    await make('subnets', 'subnet', { network_id, cidr: '10.9.0.0/24', ip_version: 4 });
    const group = await make('security-groups', 'security_group', { name: 'e2e-theirs' });
    await make('ports', 'port', { network_id, device_id: server.id, security_groups: [group] });

    const { id } = await available(carryOut(rewind, demo, 'backup', { server_id: server.id, name: 'one' }));
    const { body } = await rewind.call<{ manifest: { content: Json } }>(demo, 'GET', `/v1/backups/${id}/manifest`);
    expect(body.manifest.content.server).toMatchObject({ ports: [], securityGroups: [] });
    const restore = { backup_id: id, mode: 'new_server', dry_run: true };
    const dry = await rewind.call<{ restore: { conflicts: Json[]; plan: Json } }>(demo, 'POST', '/v1/restores', {
      restore,
    });
    expect([dry.status, dry.body.restore.conflicts]).toEqual([200, []]);
    expect(dry.body.restore.plan.new_server).toMatchObject({ ports: [], security_groups: [] });
    expect((await rewind.call(demo, 'DELETE', `/v1/backups/${id}`)).status).toBe(202);
    await until('the backup is gone', 60_000, async () => {
      const { status } = await rewind.call(demo, 'GET', `/v1/backups/${id}`);
      return status === 404;
    });
  } finally {
    for (const [collection, id] of made) await other.call('network', 'DELETE', `/v2.0/${collection}/${id}`);
  }
});

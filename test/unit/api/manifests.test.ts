import { describe, expect, test } from '@jest/globals';
import { manifestAnswer } from '../../../src/api/backups/manifest-schema.ts';
import { holdsOf } from '../../../src/domain/operations/holds.ts';
import { apiWorld } from '../../world/api/api-world.ts';
import { uuidOf } from '../../world/api/fake-cloud.ts';
import { OTHER_PROJECT, PROJECT } from '../../world/api/people.ts';
import { backup } from '../../world/api/rows.ts';

const ID = uuidOf(100);
const MAC = 'fa:16:3e:00:00:01';
const mine = { project_id: PROJECT };
const owned = { tenant_id: PROJECT, addresses: { net: [{ 'OS-EXT-IPS-MAC:mac_addr': MAC }] } };
const sealed = (project = PROJECT, more: object = {}) =>
  `${JSON.stringify(
    {
      backup: { id: ID, project_id: project, server_id: uuidOf(1), server_name: 'web' },
      disks: [{ id: uuidOf(10), device: '/dev/vda', image: { pool: 'canary' }, snap: 'canary', runs: ['canary'] }],
      server: {
        server: { ...owned, name: 'web', 'OS-EXT-SRV-ATTR:host': 'canary', 'OS-EXT-SRV-ATTR:user_data': 'canary' },
        ports: [
          { ...mine, mac_address: MAC, 'binding:host_id': 'canary', 'binding:vnic_type': 'normal' },
          { project_id: OTHER_PROJECT, mac_address: MAC, name: 'canary' },
        ],
        image: { id: uuidOf(900), direct_url: 'rbd://canary' },
        keypair: { name: 'key', public_key: 'canary' },
        flavor: { vcpus: 1 },
        userData: 'canary',
        hypervisor: 'canary',
      },
      written_by: { ceph: 'canary' },
      ...more,
    },
    null,
    1,
  )}\nhmac-sha256 ${'0'.repeat(64)}\n`;

function world(policy: Record<string, string> = {}) {
  const made = apiWorld({ policy });
  made.stores.backups.set(ID, backup());
  made.stores.copies.set(ID, sealed());
  return made;
}
const get = (made: ReturnType<typeof apiWorld>, who: string) =>
  made.http.get(`/v1/backups/${ID}/manifest`).set('X-Auth-Token', who);

describe('GET /v1/backups/{id}/manifest', () => {
  test.each(['reader', 'member'])('shows a %s what is his, and nothing that only operators see', async (who) => {
    const answer = await get(world(), who);
    expect(answer.status).toBe(200);
    const { manifest } = manifestAnswer.parse(answer.body);
    expect(manifest).toMatchObject({
      target: 'default',
      sealed: null,
      content: {
        backup: { id: ID, server_name: 'web' },
        disks: [{ id: uuidOf(10), device: '/dev/vda' }],
        server: {
          server: { name: 'web' },
          ports: [{ mac_address: MAC, 'binding:vnic_type': 'normal' }],
          keypair: { name: 'key' },
          flavor: { vcpus: 1 },
        },
      },
    });
    expect(answer.text).not.toContain('canary');
  });

  test('an operator gets the sealed text, byte by byte; the policy decides who is one', async () => {
    expect((await get(world(), 'admin')).body.manifest.sealed).toBe(sealed());
    const open = world({ 'vm-backup:backups:export': 'rule:project_member' });
    expect((await get(open, 'member')).body.manifest.sealed).toBe(sealed());
    expect((await get(open, 'reader')).body.manifest.sealed).toBeNull();
  });

  test('404 for another project, for what is not there, and without a copy; 403 without a role', async () => {
    const made = world();
    expect((await get(made, 'stranger')).status).toBe(404);
    expect((await get(made, 'nobody')).status).toBe(403);
    made.stores.copies.clear();
    const answer = await get(made, 'member');
    expect([answer.status, answer.body.errors[0].code]).toEqual([404, 'vm-backup.manifest.not-found']);
    made.stores.backups.clear();
    expect((await get(made, 'member')).body.errors[0].code).toBe('vm-backup.backup.not-found');
  });
});

describe('POST /v1/backups/import', () => {
  const post = (made: ReturnType<typeof apiWorld>, who: string, manifest = sealed(), target = 'default') =>
    made.http.post('/v1/backups/import').set('X-Auth-Token', who).send({ backup: { target, manifest } });

  test('records an operation of the project that the manifest names; the rest is for the worker to believe', async () => {
    const made = apiWorld();
    const answer = await post(made, 'admin', sealed(OTHER_PROJECT));
    expect(answer.status).toBe(202);
    expect(answer.body.backup).toMatchObject({
      id: ID,
      project_id: OTHER_PROJECT,
      status: 'creating',
      server_name: '',
    });
    const operation = made.stores.operationRows.get(answer.body.backup.operation_id);
    expect(operation).toMatchObject({
      workflow: 'import-backup/1',
      project_id: OTHER_PROJECT,
      input: { backup_id: ID, server_id: uuidOf(1), target: 'default', manifest: sealed(OTHER_PROJECT) },
    });
    expect(made.stores.holds.get(operation?.id ?? '')).toEqual(holdsOf('import-backup/1', { serverId: uuidOf(1) }));
  });

  test.each(['member', 'reader', 'nobody'])('is not for a %s', async (who) => {
    const made = apiWorld();
    expect((await post(made, who)).status).toBe(403);
    expect(made.stores.operationRows.size).toBe(0);
  });

  test('where members may import, they may into their own project, whatever the manifest names', async () => {
    const made = apiWorld({ policy: { 'vm-backup:backups:import': 'rule:project_member' } });
    const answer = await post(made, 'member', sealed(OTHER_PROJECT));
    expect([answer.status, answer.body.errors[0].code]).toEqual([403, 'vm-backup.forbidden']);
    expect(made.stores.operationRows.size).toBe(0);
    expect((await post(made, 'member', sealed(PROJECT))).status).toBe(202);
  });

  test('refuses what the catalogue has, what is no manifest, and targets that are not there', async () => {
    const code = async (answer: ReturnType<typeof post>) => [(await answer).status, (await answer).body.errors[0].code];
    expect(await code(post(world(), 'admin'))).toEqual([409, 'vm-backup.backup.exists']);
    const bad = [400, 'vm-backup.manifest.malformed'];
    for (const text of ['x', '[]\n', '{}\n', 'null\nx', sealed('../../x'), '{"backup":{"id":1}}\nseal\n'])
      expect(await code(post(apiWorld(), 'admin', text))).toEqual(bad);
    expect(await code(post(apiWorld(), 'admin', sealed(), 'tape'))).toEqual([400, 'vm-backup.target.unknown']);
  });

  test('may be longer than other bodies, up to its own limit; others may not', async () => {
    const long = sealed(PROJECT, { padding: 'x'.repeat(100_000) });
    expect((await post(apiWorld(), 'admin', long)).status).toBe(202);
    expect((await post(apiWorld(), 'admin', 'x'.repeat(5 * 1024 * 1024))).status).toBe(413);
    const other = await apiWorld()
      .http.post('/v1/backups')
      .set('X-Auth-Token', 'admin')
      .send({ padding: 'x'.repeat(100_000) });
    expect(other.status).toBe(413);
  });
});

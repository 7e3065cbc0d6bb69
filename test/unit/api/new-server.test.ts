import { describe, expect, test } from '@jest/globals';
import { dryRunAnswer, restoreAnswer } from '../../../src/api/restores/schemas.ts';
import { holdsOf } from '../../../src/domain/operations/holds.ts';
import { apiWorld } from '../../world/api/api-world.ts';
import { uuidOf } from '../../world/api/fake-cloud.ts';
import { aPort, FLAVOR } from '../../world/api/fake-offer.ts';
import { OTHER_PROJECT, PROJECT, person } from '../../world/api/people.ts';
import { recordedPort, recordedServer } from '../../world/api/recorded.ts';
import { backup } from '../../world/api/rows.ts';
import { kept } from '../../world/kept.ts';

const BACKUP = uuidOf(100);

function ready() {
  const world = apiWorld();
  world.stores.backups.set(BACKUP, backup());
  world.stores.recorded.set(BACKUP, recordedServer());
  const ask = (token: string, wanted: object) =>
    world.http
      .post('/v1/restores')
      .set('X-Auth-Token', token)
      .send({ restore: { backup_id: BACKUP, mode: 'new_server', ...wanted } });
  const post = (wanted: object = {}) => ask('member', wanted);
  const conflicts = async (wanted: object = {}) => {
    const { body } = await post({ ...wanted, dry_run: true });
    return dryRunAnswer.parse(body).restore.conflicts.map((one) => one.code.replace('vm-backup.', ''));
  };
  const plan = async (wanted: object = {}) => {
    const { new_server } = dryRunAnswer.parse((await post({ ...wanted, dry_run: true })).body).restore.plan;
    if (!new_server) throw new Error('no plan');
    return new_server;
  };
  return { ...world, offer: world.cloud.offer, ask, post, conflicts, plan };
}

type Ready = ReturnType<typeof ready>;

describe('a new server', () => {
  test('is planned as it was, recorded with its plan, and its backup is held', async () => {
    const world = ready();
    const answer = await world.post();
    expect(answer.status).toBe(202);
    const made = restoreAnswer.parse(answer.body).restore;
    expect(made).toMatchObject({ mode: 'new_server', server_id: null, status: 'restoring' });
    expect(made.differences.map((one) => one.code)).toEqual(['server.instance', 'server.user', 'port.stays']);
    const things = { serverId: uuidOf(1), backupId: uuidOf(100) };
    expect(world.stores.holds.get(made.operation_id)).toEqual(holdsOf('restore-new-server/1', things));
    expect(world.stores.operationRows.get(made.operation_id)).toMatchObject({
      workflow: 'restore-new-server/1',
      input: {
        restore_id: made.id,
        backup_id: BACKUP,
        disks: [uuidOf(1), uuidOf(10)],
        plan: {
          name: 'web',
          flavor_id: FLAVOR.id,
          image_id: uuidOf(900),
          availability_zone: null,
          key_name: 'key',
          start: true,
          ports: [
            {
              recorded_id: uuidOf(650),
              existing_id: null,
              mac_address: 'fa:16:3e:00:00:01',
              fixed_ips: [{ subnet_id: uuidOf(610), ip_address: '10.0.0.5' }],
            },
          ],
          security_groups: [{ recorded_id: uuidOf(620), name: 'web', exists: true }],
          volumes: [{ disk_id: uuidOf(10), name: 'data', volume_type: 'ceph', availability_zone: 'nova' }],
        },
      },
    });
  });

  test('is planned with one question to Neutron for each network, subnet and group, however many ports there are', async () => {
    const world = ready();
    const record = recordedServer();
    const more = Array.from({ length: 30 }, (_, n) => recordedPort({ ...record.ports[0], id: uuidOf(7_000 + n) }));
    world.stores.recorded.set(BACKUP, recordedServer({ ports: [...record.ports, ...more] }));
    const asked: string[] = [];
    const { network } = world.offer;
    for (const what of ['network', 'subnet', 'securityGroup'] as const) {
      const ask = network[what] as (id: string) => Promise<undefined>;
      network[what] = (id: string) => {
        asked.push(`${what} ${id}`);
        return ask(id);
      };
    }
    await world.plan();
    expect(asked.length).toBeGreaterThan(0);
    expect(asked).toHaveLength(new Set(asked).size);
  });

  test('is made otherwise where that is asked for', async () => {
    const world = ready();
    world.offer.flavors.push({ ...FLAVOR, id: 'f2', diskGiB: 20 });
    world.offer.room = { servers: null, cores: null, ramMiB: null, metadataItems: null };
    const plan = await world.plan({
      name: 'twin',
      flavor_id: 'f2',
      availability_zone: 'az1',
      networks: [{ uuid: uuidOf(600), fixed_ip: '10.0.0.9' }, { uuid: uuidOf(600) }],
      volume_types: { ceph: 'fast' },
      start: false,
    });
    expect(plan).toMatchObject({
      name: 'twin',
      flavor_id: 'f2',
      availability_zone: 'az1',
      start: false,
      ports: [
        { recorded_id: null, mac_address: null, fixed_ips: [{ subnet_id: null, ip_address: '10.0.0.9' }] },
        { recorded_id: null, mac_address: null, fixed_ips: [], security_groups: [uuidOf(620)] },
      ],
      volumes: [{ volume_type: 'fast' }],
    });
    expect(await world.conflicts({ networks: [] })).toEqual([]);
  });

  test('tells every conflict in one answer, and changes nothing', async () => {
    const world = ready();
    world.offer.flavors = [];
    world.offer.images.clear();
    world.offer.ports = [aPort({ deviceId: uuidOf(1) })];
    world.offer.types = ['fast'];
    world.offer.room = { servers: 0, cores: 0, ramMiB: 0, metadataItems: 128 };
    world.offer.volumeRoom = { volumes: 0, gigabytes: 9 };
    world.stores.recorded.set(BACKUP, recordedServer({ zone: 'az9' }));
    world.stores.holds.set(uuidOf(300), kept(uuidOf(100)));
    const codes = await world.conflicts();
    expect(codes).toEqual([
      'server.busy',
      'flavor.gone',
      'image.gone',
      'zone.gone',
      'address.taken',
      'address.taken',
      'volume-type.gone',
      'quota.cloud',
      'quota.cloud',
      'quota.cloud',
    ]);
    expect(world.stores.operationRows.size + world.stores.restores.size).toBe(0);
    expect((await world.post()).status).toBe(409);
  });

  test.each<[string, (world: Ready) => void, object, string]>([
    ['a network that is gone', (w) => w.offer.networks.clear(), {}, 'network.gone'],
    ['a subnet that is gone', (w) => w.offer.networks.set(uuidOf(600), []), {}, 'subnet.gone'],
    ['an unknown flavor', () => {}, { flavor_id: 'nope' }, 'flavor.not-found'],
    [
      'a flavor with a smaller disk',
      (w) => w.offer.flavors.push({ ...FLAVOR, id: 's', diskGiB: 5 }),
      { flavor_id: 's' },
      'flavor.too-small',
    ],
    [
      'an image that is not active',
      (w) => w.offer.images.set(uuidOf(900), { active: false, properties: {} }),
      {},
      'image.gone',
    ],
    ['an unknown image', () => {}, { image_id: uuidOf(999) }, 'image.not-found'],
    ['an unknown network', () => {}, { networks: [{ uuid: uuidOf(666) }] }, 'network.not-found'],
    ['an unknown zone', () => {}, { availability_zone: 'mars' }, 'zone.not-found'],
    ['an unknown type', () => {}, { volume_types: { ceph: 'nope' } }, 'volume-type.not-found'],
    ['a type that no volume has', () => {}, { volume_types: { gold: 'fast' } }, 'volume-type.unused'],
    ['no root disk', () => {}, { disks: [uuidOf(10)] }, 'restore.root-missing'],
    ['a server that was not recorded', (w) => w.stores.recorded.clear(), {}, 'server.not-recorded'],
    [
      'a group that cannot be made',
      (w) => {
        w.offer.groups.clear();
        const group = { id: uuidOf(620), name: 'default', description: '', stateful: true, rules: [] };
        w.stores.recorded.set(BACKUP, recordedServer({ securityGroups: [group] }));
      },
      {},
      'security-group.gone',
    ],
    [
      'a floating address of others',
      (w) => w.stores.recorded.set(BACKUP, withFloating()),
      { floating_ips: true },
      'floating-ip.gone',
    ],
    [
      'a floating address in use',
      (w) => {
        w.stores.recorded.set(BACKUP, withFloating());
        w.offer.floatingIps.set('192.0.2.7', { id: uuidOf(800), portId: uuidOf(701) });
      },
      { floating_ips: true },
      'floating-ip.taken',
    ],
  ])('is refused for %s', async (_what, change, wanted, code) => {
    const world = ready();
    change(world);
    expect(await world.conflicts(wanted)).toEqual([code]);
    const answer = await world.post(wanted);
    expect([answer.status >= 400, answer.body.errors[0].code]).toEqual([true, `vm-backup.${code}`]);
    expect(world.stores.operationRows.size).toBe(0);
  });

  test('takes a port of its own that outlived it, and a flavor of equal values', async () => {
    const world = ready();
    world.offer.ports = [aPort({ id: uuidOf(650) })];
    world.offer.flavors = [
      { ...FLAVOR, id: 'other', extraSpecs: { x: 'y' } },
      { ...FLAVOR, id: 'twin' },
    ];
    const plan = await world.plan();
    expect(plan.ports[0]).toMatchObject({ existing_id: uuidOf(650) });
    expect(plan.flavor_id).toBe('twin');
    expect(plan.differences.map((one) => one.code)).toContain('flavor.other-id');
    expect(await world.conflicts()).toEqual([]);
  });

  test('tells what will not be the same', async () => {
    const world = ready();
    world.offer.groups.clear();
    world.offer.images.set(uuidOf(900), { active: true, properties: { hw_disk_bus: 'scsi' } });
    world.offer.zones.volume = [];
    world.stores.recorded.set(
      BACKUP,
      recordedServer({
        ...withFloating(),
        keypair: null,
        serverGroup: { id: uuidOf(630), name: 'apart' },
        flavor: { ...FLAVOR, extraSpecs: { 'hw:tpm_version': '2.0' } },
        image: { id: uuidOf(900), name: null, properties: { hw_disk_bus: 'virtio', hw_firmware_type: 'uefi' } },
        ports: [recordedPort({ qosPolicyId: uuidOf(640), subports: 2 })],
      }),
    );
    const plan = await world.plan();
    expect(plan.differences.map((one) => one.code)).toEqual([
      'server.instance',
      'server.user',
      'server.tpm',
      'server.firmware',
      'image.properties',
      'port.trunk',
      'port.qos',
      'port.stays',
      'volume.zone',
      'server-group.gone',
      'keypair.unknown',
      'floating-ip.not-assigned',
    ]);
    expect(plan.security_groups).toEqual([{ recorded_id: uuidOf(620), name: 'web', exists: false }]);
    expect(await world.conflicts()).toEqual([]);
  });

  test('leaves out what only said that it was the server’s, and a group that another project shares no more', async () => {
    const world = ready();
    world.offer.groups.clear();
    const shared = { id: uuidOf(621), name: 'web', description: '', stateful: true, foreign: true, rules: [] };
    const recorded = recordedServer();
    world.stores.recorded.set(BACKUP, {
      ...recorded,
      strangersPorts: [uuidOf(651)],
      ports: [recordedPort({ securityGroups: [uuidOf(621), uuidOf(620)] })],
      securityGroups: [...recorded.securityGroups, shared],
    });
    const plan = await world.plan();
    expect(plan.differences.map((one) => one.code)).toEqual([
      'server.instance',
      'server.user',
      'port.stays',
      'port.not-the-servers',
      'security-group.foreign',
    ]);
    expect(plan.ports.map((port) => port.security_groups)).toEqual([[uuidOf(620)]]);
    expect(plan.security_groups.map((group) => group.recorded_id)).toEqual([uuidOf(620)]);
    expect(await world.conflicts()).toEqual([]);
  });

  test('of a record that knew no strangers is planned after the manifest itself', async () => {
    const world = ready();
    const mac = 'fa:16:3e:00:00:01';
    const port = { id: uuidOf(650), mac_address: mac, network_id: uuidOf(600), security_groups: [uuidOf(620)] };
    const stranger = { ...port, id: uuidOf(99), network_id: uuidOf(666), security_groups: [uuidOf(667)] };
    const { strangersPorts: _, ...old } = recordedServer({ ports: [recordedPort({ networkId: uuidOf(666) })] });
    world.stores.recorded.set(BACKUP, old);
    const content = {
      server: {
        server: { tenant_id: PROJECT, name: 'web', image: { id: uuidOf(900) }, ...addressOf(mac) },
        flavor: { id: FLAVOR.id, vcpus: 2 },
        ports: [
          { ...stranger, project_id: OTHER_PROJECT },
          { ...port, project_id: PROJECT },
        ],
      },
      disks: backup().disks.map((disk) => ({ ...disk, name: 'disk', volume_type: 'ceph', availability_zone: 'nova' })),
    };
    await world.stores.manifestCopies.keep(BACKUP, `${JSON.stringify(content)}\nseal\n`);
    expect(await world.conflicts({ networks: [{ uuid: uuidOf(600) }, { uuid: uuidOf(600) }] })).toEqual([]);
    const plan = await world.plan({ networks: [{ uuid: uuidOf(600) }, { uuid: uuidOf(600) }] });
    expect(plan.ports.map((one) => one.security_groups)).toEqual([[uuidOf(620)], [uuidOf(620)]]);
    expect((await world.plan()).ports.map((one) => one.recorded_id)).toEqual([uuidOf(650)]);
  });

  test('of such a record without its manifest is planned without its ports: nobody knows whose they were', async () => {
    const world = ready();
    const { strangersPorts: _, ...old } = recordedServer();
    world.stores.recorded.set(BACKUP, old);
    expect(old.ports).not.toEqual([]);
    const plan = await world.plan();
    expect(plan.ports).toEqual([]);
    expect(plan.differences.map((one) => one.code)).toContain('port.not-the-servers');
  });

  test('gets its floating address when asked', async () => {
    const world = ready();
    world.stores.recorded.set(BACKUP, withFloating());
    world.offer.floatingIps.set('192.0.2.7', { id: uuidOf(800), portId: null });
    const plan = await world.plan({ floating_ips: true });
    expect(plan.floating_ips).toEqual([{ id: uuidOf(800), address: '192.0.2.7', port: 0, fixed_ip: '10.0.0.5' }]);
  });

  test.each([
    [{ server_id: uuidOf(1) }],
    [{ attach_to: uuidOf(1) }],
    [{ networks: [{ uuid: uuidOf(600), port: 'x' }] }],
    [{ networks: [{ uuid: uuidOf(600), fixed_ip: 'ip_address=1' }] }],
    [{ mode: 'volumes', floating_ips: true }],
    [{ mode: 'in_place', availability_zone: 'nova' }],
  ])('does not take %j', async (wanted) => {
    const answer = await ready().post(wanted);
    expect([answer.status, answer.body.errors[0].code]).toEqual([400, 'vm-backup.request.invalid']);
  });

  test('is for members of the project, who act in it', async () => {
    const world = ready();
    expect((await world.ask('reader', {})).status).toBe(403);
    expect((await world.ask('stranger', {})).status).toBe(400);
    world.identity.people.boss = person({ projectId: OTHER_PROJECT, roles: ['admin', 'member', 'reader'] });
    const answer = await world.ask('boss', {});
    expect([answer.status, answer.body.errors[0].code]).toEqual([400, 'vm-backup.project.differs']);
  });
});

const addressOf = (mac: string) => ({ addresses: { net: [{ 'OS-EXT-IPS-MAC:mac_addr': mac }] } });

const withFloating = () =>
  recordedServer({ floatingIps: [{ address: '192.0.2.7', portId: uuidOf(650), fixedIp: '10.0.0.5' }] });

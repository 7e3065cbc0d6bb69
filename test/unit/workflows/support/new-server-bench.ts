import { expect } from '@jest/globals';
import { manifestObject } from '../../../../src/archive/format/layout.ts';
import { noKeys } from '../../../../src/archive/keys/no-keys.ts';
import { sealManifest } from '../../../../src/archive/manifests/manifest.ts';
import type { Operation } from '../../../../src/domain/operations/operation.ts';
import type { NewServerPlan } from '../../../../src/domain/points/new-server-plan.ts';
import type { Workflow } from '../../../../src/workflow-engine/workflow.ts';
import { restoreNewServer } from '../../../../src/workflows/recipes/restore-new-server.ts';
import type { World } from '../../../../src/workflows/world.ts';
import { hastyClock, newOperation, recipeBench } from '../../../world/engine-bench.ts';
import { MemoryCeph } from '../../../world/memory-ceph.ts';
import { MemoryCloud } from '../../../world/memory-cloud.ts';
import { MemoryTurns } from '../../../world/memory-turns.ts';
import { ServedDisksInMemory } from '../../../world/served-backup.ts';
import { toyError } from '../../../world/toy-error.ts';
import { backupId, diskEntry, idsOf, KEY, manifestOf, PROJECT, SERVER, store } from '../../archive/support/backups.ts';
import { MemoryTarget } from '../../archive/support/memory-target.ts';
import { data } from '../../archive/support/streams.ts';

const GIB = 1024 ** 3;
const BACKUP = backupId(1);
const GROUP = '60000000-0000-4000-8000-000000000000';
export const PORT = '70000000-0000-4000-8000-000000000000';

export type Root = 'image' | 'volume';

const rule = { direction: 'ingress', ethertype: 'IPv4', remote_group_id: GROUP };
const surroundings = (root: Root) => ({
  server: {
    id: SERVER,
    tenant_id: PROJECT,
    addresses: { n: [{ 'OS-EXT-IPS-MAC:mac_addr': '01' }] },
    name: 'web',
    key_name: 'k',
    metadata: { a: 'b' },
    status: 'ACTIVE',
    image: root === 'image' ? { id: 'i' } : '',
  },
  keypair: { name: 'k', public_key: 'ssh-rsa', type: 'ssh' },
  ports: [
    {
      id: PORT,
      project_id: PROJECT,
      description: 'mine',
      mac_address: '01',
      network_id: 'n',
      security_groups: [GROUP],
    },
  ],
  securityGroups: [
    { id: GROUP, project_id: PROJECT, name: 'web', description: 'theirs', security_group_rules: [rule] },
  ],
  userData: 'dQ==',
});

const plan = (root: Root, configDrive: boolean): NewServerPlan => ({
  name: 'web',
  flavor_id: 'f',
  image_id: root === 'image' ? 'i' : null,
  availability_zone: null,
  server_group_id: null,
  key_name: 'k',
  config_drive: configDrive,
  start: true,
  ports: [
    {
      recorded_id: PORT,
      existing_id: null,
      network_id: 'n',
      mac_address: '01',
      fixed_ips: [
        { subnet_id: 's4', ip_address: '10.0.0.5' },
        { subnet_id: 's6', ip_address: 'fd00::1' },
      ],
      security_groups: [GROUP],
    },
  ],
  security_groups: [{ recorded_id: GROUP, name: 'web', exists: false }],
  volumes: [],
  floating_ips: [{ id: 'fip', address: '192.0.2.1', port: 0, fixed_ip: null }],
  differences: [{ code: 'server.user', detail: '' }],
});

/** A backup of two disks on a target, and a cloud in which nothing is left of its server. */
export async function bench(
  root: Root,
  options: { crashAt?: (place: string) => boolean; failAt?: string; configDrive?: boolean; instant?: boolean } = {},
) {
  const target = new MemoryTarget();
  const entries = [];
  for (const [disk, text] of [
    [1, 'root!'],
    [2, 'data!'],
  ] as const)
    entries.push(diskEntry(disk, 1, [await store(target, disk, 1, null, GIB, [data(0, text)])]));
  const [boots, extra] = entries as [ReturnType<typeof diskEntry>, ReturnType<typeof diskEntry>];
  const onImage = { id: SERVER, volume_id: null };
  const disks = [
    { ...boots, kind: 'root' as const, ...(root === 'image' && onImage) },
    { ...extra, kind: 'volume' as const, device: '/dev/vdb', metadata: { owner: 'me' }, delete_on_termination: true },
  ];
  const manifest = { ...manifestOf(1, disks), server: surroundings(root) };
  target.objects.set(manifestObject(idsOf(1)), sealManifest(manifest, KEY));
  const storage = new MemoryCeph();
  const cloud = new MemoryCloud(storage, PROJECT);
  cloud.autoSubnets.add('s6');
  const addresses = new ServedDisksInMemory();
  const rootId = disks[0]?.id ?? '';
  storage.serve = addresses.serving((disk) => (disk.disk_id === rootId ? 'root!' : 'data!'));
  const backup = { id: BACKUP, project_id: PROJECT, server_id: SERVER, target: 'memory' };
  const world = {
    ceph: storage.ceph,
    cloud: { tenant: () => cloud.hands, admin: cloud.hands },
    targets: { get: () => target },
    catalogue: { backup: async (id: string) => (id === BACKUP ? backup : undefined) },
    servedDisks: addresses,
    turns: new MemoryTurns(),
    clock: hastyClock(),
    manifestCopies: { find: async () => undefined, keep: async () => undefined },
    manifestKey: KEY,
    keys: noKeys,
    settings: {
      rootPool: 'vms',
      volumePool: 'volumes',
      volumeHosts: {},
      disksInParallel: 2,
      zstdLevel: 1,
      maxBytesPerSecond: 0,
      gatewayUrl: 'http://gateway',
      objectsInParallel: 2,
    },
    release: 'test',
  } as unknown as World;
  const input = {
    restore_id: '90000000-0000-4000-8000-000000000000',
    backup_id: BACKUP,
    disks: disks.map((disk) => disk.id),
    plan: plan(root, options.configDrive ?? false),
    instant: options.instant ?? false,
  };
  const workflow = 'restore-new-server/1' as const;
  const operation: Operation = { ...newOperation(), workflow, project_id: PROJECT, resource_type: 'restore', input };
  const made = await recipeBench({ world, workflow: failing(options.failAt), operation }, options.crashAt);
  return { ...made, world, cloud, storage, addresses };
}

/** The recipe in which one step fails after it has done its work: all of it must be undone. */
function failing(name: string | undefined): Workflow<World> {
  if (name === undefined) return restoreNewServer;
  const step = restoreNewServer.steps.find((one) => one.name === name);
  if (!step) throw new Error(`no step ${name}`);
  const fails = {
    ...step,
    async act(context: never, input: never) {
      await step.act(context, input);
      throw toyError('test.broken', 'It is broken.');
    },
  };
  const steps = restoreNewServer.steps.map((one) => (one === step ? (fails as typeof step) : one));
  return { ...restoreNewServer, steps, run: (run, input) => restoreNewServer.run(swapped(run, name, fails), input) };
}

type AnyRun = Parameters<typeof restoreNewServer.run>[0];

const swapped = (run: AnyRun, name: string, step: unknown): AnyRun => {
  const pick = (one: { name: string }) => (one.name === name ? step : one) as never;
  return {
    ...run,
    step: (one, input) => run.step(pick(one), input),
    each: (items, one, of) => run.each(items, pick(one), of),
  };
};

/** It failed where it was meant to, not before: else nothing would have been made that can be left. */
export async function expectBroken({ operations, operation }: Bench): Promise<void> {
  expect((await operations.operation(operation.id, null))?.failure?.code).toBe('vm-backup.test.broken');
}

export type Bench = Awaited<ReturnType<typeof bench>>;

/** One whole server, and nothing else. */
export function expectWhole({ cloud, storage, addresses }: Bench, root: Root): void {
  const [server] = [...cloud.servers.values()];
  expect(cloud.servers.size).toBe(1);
  expect(server).toMatchObject({
    status: 'ACTIVE',
    locked: null,
    metadata: { a: 'b' },
    userData: 'dQ==',
    keyName: 'k',
  });
  const rootImages = [...storage.images].filter(([name]) => name.startsWith('vms/'));
  const volumeImages = [...storage.images].filter(([name]) => name.startsWith('volumes/volume-'));
  expect(storage.images.size).toBe(2);
  expect([...storage.images.values()].filter((image) => image.migration)).toEqual([]);
  expect(addresses.rows.size).toBe(0);
  expect(rootImages.map(([, image]) => image.content)).toEqual(root === 'image' ? ['root!'] : []);
  expect(volumeImages.map(([, image]) => image.content).sort()).toEqual(
    root === 'image' ? ['data!'] : ['data!', 'root!'],
  );
  expect([...storage.images.values()].flatMap((image) => [...image.snaps])).toEqual([]);
  if (root === 'image') expect(rootImages[0]?.[1].sizeBytes).toBe(2 * GIB);
  expect([...cloud.volumes.values()].map((one) => one.status)).toEqual(
    cloud.volumes.size === 2 ? ['in-use', 'in-use'] : ['in-use'],
  );
  const [port] = [...cloud.ports.values()];
  const [group] = [...cloud.groups.values()];
  expect([cloud.ports.size, cloud.groups.size, cloud.keypairs.size]).toEqual([1, 1, 0]);
  expect(port).toMatchObject({ description: 'mine', deviceId: server?.id, securityGroups: [group?.id] });
  expect([cloud.openAtFirstBoot, port?.adminStateUp]).toEqual([[], true]);
  expect(group).toMatchObject({ name: 'web', description: 'theirs' });
  expect([...(group?.rules.values() ?? [])]).toEqual([{ ...rule, remote_group_id: group?.id }]);
  expect(cloud.floating.get('fip')).toBe(port?.id);
  for (const boot of cloud.boots) expect(boot).toEqual({ disks: expect.arrayContaining(['root!', 'data!']), ports: 1 });
}

export function expectNothing({ cloud, storage, addresses }: Bench): void {
  const left = [
    cloud.servers,
    cloud.volumes,
    cloud.ports,
    cloud.groups,
    cloud.keypairs,
    cloud.floating,
    storage.images,
    addresses.rows,
  ];
  expect(left.map((map) => [...map.keys()])).toEqual(left.map(() => []));
  // What was undone was never let loose on its data.
  expect(cloud.boots).toEqual([]);
}

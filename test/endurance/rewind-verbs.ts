import { dataOf } from '../world/lab/content.ts';
import { sleep } from '../world/lab/lab.ts';
import { showServer } from '../world/lab/tenant.ts';
import { accepted, ask, CameToNothing, carryOut, dropPoint, ended, type Resource } from './asking.ts';
import { dropLoose } from './cloud-verbs.ts';
import { contentAt, count, imageOfDisk, type Lane, type Point, PREFIX, type Scene } from './scene.ts';

/** Something that may be done to a server at any time. Throws `CameToNothing` when it may come to nothing. */
export interface Verb {
  name: string;
  weight: number;
  /** Whether it makes sense now. */
  fits(lane: Lane): boolean;
  run(scene: Scene, lane: Lane): Promise<void>;
}

const MOST_POINTS = 5;
const LONGEST_PATIENCE_MS = 6_000;
const there = (lane: Lane): boolean => lane.serverId !== '';
const pointsOf = (lane: Lane, kind: Point['kind']): Point[] =>
  lane.points.filter((one) => one.kind === kind && one.serverId === lane.serverId);

async function makePoint(scene: Scene, lane: Lane, kind: Point['kind'], more: Record<string, unknown>): Promise<void> {
  const serverId = lane.serverId;
  const made = await carryOut(scene, kind, { server_id: serverId, name: PREFIX, ...more });
  const point = { id: made.id, kind, serverId };
  lane.points.push({ ...point, content: await contentAt(point, made.disks) });
}

/** Every disk that was restored holds what its point held. */
async function compare(scene: Scene, point: Point, restored: Resource, serverId: string): Promise<void> {
  for (const { disk_id, volume_id } of restored.volumes ?? []) {
    const known = point.content.get(disk_id);
    const image = imageOfDisk({ kind: 'root', volume_id }, serverId);
    if (known === undefined || image === undefined) continue;
    const found = await dataOf(image).catch((error) => `unreadable: ${error}`);
    if (found !== known)
      scene.wrong.push(`restore ${restored.id}: disk ${disk_id} of ${point.kind} ${point.id} differs`);
    else count(scene, 'disks compared equal');
  }
}

/** Restores into volumes of their own, compares them and drops them. */
export async function provenByVolumes(scene: Scene, lane: Lane, point: Point): Promise<void> {
  const restored = await carryOut(scene, 'restore', {
    [`${point.kind}_id`]: point.id,
    mode: 'volumes',
    name: PREFIX,
    ...instantly(lane, point),
  });
  await compare(scene, point, restored, '');
  for (const { volume_id } of restored.volumes ?? []) if (volume_id) await dropLoose(scene, lane, volume_id);
}

/** Used while its data come, sometimes. What runs on it must not write: it is compared afterwards. */
const instantly = (lane: Lane, { kind }: Point): { instant?: true } =>
  kind === 'backup' && !lane.hasSystem && lane.dice.onceIn(4) ? { instant: true } : {};

async function inPlace(scene: Scene, lane: Lane, point: Point): Promise<void> {
  const all = [...point.content.keys()];
  const disks = !lane.dice.onceIn(4) || all.length < 2 ? undefined : [lane.dice.pick(all)];
  const { status } = await showServer(scene.demo, lane.serverId);
  // A guest writes as soon as it starts: what is compared has to stand still.
  const body = {
    [`${point.kind}_id`]: point.id,
    mode: 'in_place',
    ...(disks ? { disks } : {}),
    ...instantly(lane, point),
    ...(lane.hasSystem ? { start: false, ...(point.kind === 'snapshot' ? { memory: false } : {}) } : {}),
  };
  const restored = await carryOut(scene, 'restore', body);
  await compare(scene, point, restored, lane.serverId);
  if (lane.hasSystem && status === 'ACTIVE')
    await scene.demo.call('compute', 'POST', `/servers/${lane.serverId}/action`, { 'os-start': null });
}

async function cancelled(
  scene: Scene,
  lane: Lane,
  kind: 'backup' | 'snapshot' | 'restore',
  body: Record<string, unknown>,
): Promise<void> {
  await carryOut(scene, kind, body, async (operation) => {
    await sleep(lane.dice.roll(LONGEST_PATIENCE_MS));
    await ask(scene, scene.demo, 'POST', `/v1/operations/${operation}/cancel`);
  });
}

export const rewindVerbs: Verb[] = [
  {
    name: 'backup',
    weight: 10,
    fits: (lane) => there(lane) && pointsOf(lane, 'backup').length < MOST_POINTS,
    run: (scene, lane) =>
      makePoint(scene, lane, 'backup', {
        ...(lane.dice.onceIn(4) ? { incremental: false } : {}),
        consistency: lane.dice.pick(['best', 'crash', 'best']),
        target: lane.dice.pick(['default', 'default', 'second']),
      }),
  },
  {
    name: 'snapshot',
    weight: 6,
    fits: (lane) => there(lane) && pointsOf(lane, 'snapshot').length < MOST_POINTS,
    run: (scene, lane) => makePoint(scene, lane, 'snapshot', lane.dice.onceIn(4) ? { memory: true } : {}),
  },
  {
    name: 'restore volumes',
    weight: 4,
    fits: (lane) => lane.points.some(({ kind }) => kind === 'backup'),
    run: (scene, lane) =>
      provenByVolumes(scene, lane, lane.dice.pick(lane.points.filter(({ kind }) => kind === 'backup'))),
  },
  {
    name: 'restore in place',
    weight: 5,
    fits: (lane) => there(lane) && pointsOf(lane, 'backup').length > 0,
    run: (scene, lane) => inPlace(scene, lane, lane.dice.pick(pointsOf(lane, 'backup'))),
  },
  {
    name: 'revert',
    weight: 5,
    fits: (lane) => there(lane) && pointsOf(lane, 'snapshot').length > 0,
    run: (scene, lane) => inPlace(scene, lane, lane.dice.pick(pointsOf(lane, 'snapshot'))),
  },
  {
    name: 'restore a new server',
    weight: 30,
    fits: (lane) => !there(lane) && lane.points.some(({ kind }) => kind === 'backup'),
    async run(scene, lane) {
      const point = lane.dice.pick(lane.points.filter(({ kind }) => kind === 'backup'));
      const restored = await carryOut(scene, 'restore', {
        backup_id: point.id,
        mode: 'new_server',
        name: `${PREFIX}-${lane.name}`,
        start: false,
        ...instantly(lane, point),
      });
      lane.serverId = restored.server_id ?? '';
      const root = restored.volumes?.find(({ disk_id }) => disk_id === lane.rootVolume);
      if (lane.rootVolume) lane.rootVolume = root?.volume_id ?? null;
      await compare(scene, point, restored, lane.serverId);
    },
  },
  {
    name: 'verify',
    weight: 2,
    fits: (lane) => lane.points.some(({ kind }) => kind === 'backup'),
    run: (scene, lane) => verify(scene, lane.dice.pick(lane.points.filter(({ kind }) => kind === 'backup'))),
  },
  {
    name: 'copy',
    weight: 2,
    fits: (lane) => pointsOf(lane, 'backup').length > 0 && lane.points.length < 2 * MOST_POINTS,
    async run(scene, lane) {
      const point = lane.dice.pick(pointsOf(lane, 'backup'));
      const path = `/v1/backups/${point.id}`;
      const { backup } = await accepted<{ backup: { target: string } }>(scene, scene.demo, 'GET', path);
      const target = backup.target === 'default' ? 'second' : 'default';
      const asked = await accepted<{ backup: Resource }>(scene, scene.demo, 'POST', `${path}/copies`, {
        copy: { target },
      });
      lane.points.push({ ...point, id: asked.backup.id });
    },
  },
  {
    name: 'delete a point',
    weight: 5,
    fits: (lane) => lane.points.length > 0,
    async run(scene, lane) {
      const point = lane.dice.pick(lane.points);
      await dropPoint(scene, point.kind, point.id);
      lane.points = lane.points.filter((one) => one !== point);
    },
  },
  {
    name: 'a policy',
    weight: 2,
    fits: (lane) => there(lane) && pointsOf(lane, 'backup').length < MOST_POINTS,
    run: underPolicy,
  },
  {
    name: 'cancel a backup',
    weight: 2,
    fits: there,
    run: (scene, lane) => cancelled(scene, lane, 'backup', { server_id: lane.serverId, incremental: false }),
  },
  {
    name: 'cancel a restore',
    weight: 2,
    fits: (lane) => there(lane) && pointsOf(lane, 'backup').length > 0,
    run: (scene, lane) =>
      cancelled(scene, lane, 'restore', { backup_id: lane.dice.pick(pointsOf(lane, 'backup')).id, mode: 'in_place' }),
  },
];

const RUN_ENDS_MS = 240_000;

/** A policy of its own has the server backed up each minute, once or twice, and goes. */
async function underPolicy(scene: Scene, lane: Lane): Promise<void> {
  const { serverId } = lane;
  const { policy } = await accepted<{ policy: { id: string } }>(scene, scene.demo, 'POST', '/v1/policies', {
    policy: {
      name: PREFIX,
      servers: { ids: [serverId] },
      schedule: { cron: '* * * * *' },
      retention: { keep_last: 2 },
    },
  });
  const end = Date.now() + RUN_ENDS_MS;
  const began = async (): Promise<boolean> => {
    const path = `/v1/policy-runs?policy_id=${policy.id}`;
    const { body } = await ask<{ 'policy-runs'?: { status: string }[] }>(scene, scene.demo, 'GET', path);
    return (body['policy-runs'] ?? []).some(({ status }) => status !== 'waiting');
  };
  while (!(await began()) && Date.now() < end) await sleep(2_000);
  await accepted(scene, scene.demo, 'DELETE', `/v1/policies/${policy.id}`);
  const { body } = await ask<{ backups?: Resource[] }>(scene, scene.demo, 'GET', `/v1/backups?policy_id=${policy.id}`);
  for (const { id } of body.backups ?? []) {
    const made = await ended(scene, 'backup', id).catch(() => undefined);
    if (!made) continue;
    const point = { id, kind: 'backup' as const, serverId };
    lane.points.push({ ...point, content: await contentAt(point, made.disks) });
  }
}

/** Reads the whole backup back. */
export async function verify(scene: Scene, point: Point): Promise<void> {
  const asked = await accepted<{ operation: { id: string } }>(
    scene,
    scene.demo,
    'POST',
    `/v1/backups/${point.id}/verify`,
  );
  for (;;) {
    const { body } = await ask<{ operation: { status: string; fail_code: string | null } }>(
      scene,
      scene.demo,
      'GET',
      `/v1/operations/${asked.operation.id}`,
    );
    const { status, fail_code } = body.operation ?? {};
    if (status === 'succeeded') return;
    if (status !== 'queued' && status !== 'running') {
      if (fail_code?.includes('archive')) scene.wrong.push(`backup ${point.id} does not verify: ${fail_code}`);
      throw new CameToNothing(fail_code?.replace('vm-backup.', '') ?? status);
    }
    await sleep(700);
  }
}

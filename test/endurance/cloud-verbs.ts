import { volumeImage, writeImage } from '../world/lab/blank-server.ts';
import { contentOf } from '../world/lab/content.ts';
import { rbdJson, sleep } from '../world/lab/lab.ts';
import { must, showServer, showVolume, type Tenant } from '../world/lab/tenant.ts';
import { CameToNothing } from './asking.ts';
import type { Verb } from './rewind-verbs.ts';
import { type Lane, PREFIX, rootImage, type Scene } from './scene.ts';

const SETTLED_LIMIT_MS = 240_000;
const LARGEST_GIB = 3;
const MOST_LOOSE = 3;
const there = (lane: Lane): boolean => lane.serverId !== '';
const canBeLost = (lane: Lane): boolean =>
  there(lane) && lane.points.some(({ kind, content }) => kind === 'backup' && content.size > 0);

/** Waits until it is in one of these states with nothing under way. A server in ERROR ends the verb. */
async function serverIn(who: Tenant, id: string, ...states: string[]): Promise<string> {
  const end = Date.now() + SETTLED_LIMIT_MS;
  for (;;) {
    const { status, ...rest } = await showServer(who, id);
    if (rest['OS-EXT-STS:task_state'] === null && (states.length === 0 || states.includes(status))) return status;
    if (status === 'ERROR') throw new CameToNothing('the server is in ERROR');
    if (Date.now() > end) throw new CameToNothing(`the server is ${status}, ${rest['OS-EXT-STS:task_state']}`);
    await sleep(500);
  }
}

/** What Nova refuses ends the verb: Rewind may be at it. */
async function act(scene: Scene, lane: Lane, action: Record<string, unknown>): Promise<void> {
  const { status } = await scene.demo.call('compute', 'POST', `/servers/${lane.serverId}/action`, action);
  if (status >= 300) throw new CameToNothing(`Nova said ${status}`);
}

async function volumeIn(scene: Scene, id: string, wanted: string): Promise<void> {
  const end = Date.now() + SETTLED_LIMIT_MS;
  for (;;) {
    const volume = await showVolume(scene.demo, id);
    if (volume?.status === wanted) return;
    if (!volume || volume.status.startsWith('error') || Date.now() > end)
      throw new CameToNothing(`the volume is ${volume?.status}`);
    await sleep(400);
  }
}

async function ask<T = unknown>(scene: Scene, method: string, path: string, body?: unknown): Promise<T> {
  const { status, body: said } = await scene.demo.call<T>('volume', method, path, body);
  if (status >= 300) throw new CameToNothing(`Cinder said ${status}`);
  return said;
}

/** Deletes a volume of the tenant's that is not attached; what it cannot delete now stays in the lane's hands. */
export async function dropLoose(scene: Scene, lane: Lane, id: string): Promise<void> {
  lane.loose = [...lane.loose.filter((one) => one !== id), id];
  await ask(scene, 'DELETE', `/volumes/${id}`);
  const end = Date.now() + SETTLED_LIMIT_MS;
  while (await showVolume(scene.demo, id)) {
    if (Date.now() > end) throw new CameToNothing('the volume stays');
    await sleep(400);
  }
  lane.loose = lane.loose.filter((one) => one !== id);
}

const attachedTo = async (scene: Scene, lane: Lane): Promise<string[]> =>
  (await showServer(scene.demo, lane.serverId))['os-extended-volumes:volumes_attached']
    .map(({ id }) => id)
    .filter((id) => id !== lane.rootVolume);

export const cloudVerbs: Verb[] = [
  {
    name: 'write',
    weight: 12,
    fits: (lane) => there(lane) && !lane.hasSystem,
    async run(scene, lane) {
      const volumes = [lane.rootVolume, ...(await attachedTo(scene, lane))].filter((id) => id !== null);
      for (const volume of volumes) {
        if (lane.dice.onceIn(3)) continue;
        await writeImage(volumeImage(volume), [{ at: lane.dice.roll(900), length: 1 + lane.dice.roll(4) }]);
      }
    },
  },
  {
    name: 'attach',
    weight: 5,
    fits: (lane) => there(lane) && lane.loose.length > 0,
    async run(scene, lane) {
      const volume = lane.dice.pick(lane.loose);
      await serverIn(scene.demo, lane.serverId, 'ACTIVE', 'SHUTOFF');
      const path = `/servers/${lane.serverId}/os-volume_attachments`;
      const { status } = await scene.demo.call('compute', 'POST', path, { volumeAttachment: { volumeId: volume } });
      if (status >= 300) throw new CameToNothing(`Nova said ${status}`);
      await volumeIn(scene, volume, 'in-use');
      lane.loose = lane.loose.filter((one) => one !== volume);
    },
  },
  {
    name: 'detach',
    weight: 4,
    fits: (lane) => there(lane) && lane.loose.length < MOST_LOOSE,
    async run(scene, lane) {
      const volumes = await attachedTo(scene, lane);
      if (volumes.length === 0) throw new CameToNothing('nothing to detach');
      const volume = lane.dice.pick(volumes);
      // Nova asks the guest to let go of it, for minutes where no system answers.
      const running = (await serverIn(scene.demo, lane.serverId)) === 'ACTIVE';
      if (running && !lane.hasSystem) throw new CameToNothing('no system that lets go of it');
      const path = `/servers/${lane.serverId}/os-volume_attachments/${volume}`;
      const { status } = await scene.demo.call('compute', 'DELETE', path);
      if (status >= 300) throw new CameToNothing(`Nova said ${status}`);
      lane.loose.push(volume);
      await volumeIn(scene, volume, 'available');
    },
  },
  {
    name: 'a new volume',
    weight: 2,
    fits: (lane) => lane.loose.length < MOST_LOOSE,
    run: (scene, lane) => makeVolume(scene, lane, {}),
  },
  {
    name: 'clone a volume',
    weight: 2,
    fits: (lane) => there(lane) && lane.loose.length < MOST_LOOSE,
    async run(scene, lane) {
      const volumes = await attachedTo(scene, lane);
      if (volumes.length > 0) await makeVolume(scene, lane, { source_volid: lane.dice.pick(volumes), size: null });
    },
  },
  {
    name: 'delete a volume',
    weight: 2,
    fits: (lane) => lane.loose.length > 0,
    run: (scene, lane) => dropLoose(scene, lane, lane.dice.pick(lane.loose)),
  },
  {
    name: 'extend a volume',
    weight: 2,
    fits: there,
    async run(scene, lane) {
      const volumes = [...lane.loose, ...(await attachedTo(scene, lane))];
      if (volumes.length === 0) throw new CameToNothing('nothing to extend');
      const id = lane.dice.pick(volumes);
      const volume = await showVolume(scene.demo, id);
      if (!volume || volume.size >= LARGEST_GIB) throw new CameToNothing('large enough');
      await ask(scene, 'POST', `/volumes/${id}/action`, { 'os-extend': { new_size: volume.size + 1 } });
      await volumeIn(scene, id, lane.loose.includes(id) ? 'available' : 'in-use');
    },
  },
  {
    name: 'retype a volume',
    weight: 1,
    fits: (lane) => lane.loose.length > 0,
    async run(scene, lane) {
      const id = lane.dice.pick(lane.loose);
      const type = (await showVolume(scene.demo, id))?.volume_type === 'ceph' ? '__DEFAULT__' : 'ceph';
      const retype = { new_type: type, migration_policy: 'never' };
      await ask(scene, 'POST', `/volumes/${id}/action`, { 'os-retype': retype });
      await volumeIn(scene, id, 'available');
    },
  },
  {
    name: 'another image on the root volume',
    weight: 1,
    fits: (lane) => canBeLost(lane) && lane.rootVolume !== null,
    async run(scene, lane) {
      const status = await serverIn(scene.demo, lane.serverId, 'ACTIVE', 'SHUTOFF');
      const path = `/servers/${lane.serverId}/action`;
      const answer = await scene.demo.call(
        ...(['compute', 'POST', path, { rebuild: { imageRef: scene.blankImage } }, 'compute 2.93'] as const),
      );
      if (answer.status >= 300) throw new CameToNothing(`Nova said ${answer.status}`);
      await serverIn(scene.demo, lane.serverId, status);
      if ((await showVolume(scene.demo, lane.rootVolume ?? ''))?.status === 'in-use') return;
      // Cinder was not as quick as Nova expects, which leaves such a server without its volumes.
      await loseServer(scene, lane);
      throw new CameToNothing('Nova gave it up half way');
    },
  },
  {
    name: 'give a volume away',
    weight: 1,
    fits: (lane) => lane.loose.length > 0,
    async run(scene, lane) {
      const volumeId = lane.dice.pick(lane.loose);
      const content = await contentOf(volumeImage(volumeId));
      const { transfer } = await ask<{
        transfer: { id: string; auth_key: string };
      }>(scene, 'POST', '/volume-transfers', { transfer: { volume_id: volumeId } });
      await must(
        scene.other.call('volume', 'POST', `/volume-transfers/${transfer.id}/accept`, {
          accept: { auth_key: transfer.auth_key },
        }),
      );
      lane.loose = lane.loose.filter((one) => one !== volumeId);
      scene.given.push({ volumeId, content });
    },
  },
  {
    name: 'snapshot by Cinder',
    weight: 1,
    fits: (lane) => there(lane) && lane.cinderSnapshots.length < 2,
    async run(scene, lane) {
      const volumes = await attachedTo(scene, lane);
      if (volumes.length === 0) return;
      const volumeId = lane.dice.pick(volumes);
      const { snapshot } = await ask<{ snapshot: { id: string } }>(scene, 'POST', '/snapshots', {
        snapshot: { volume_id: volumeId, force: true, name: PREFIX },
      });
      lane.cinderSnapshots.push({ id: snapshot.id, volumeId });
      await sleep(1_500);
    },
  },
  {
    name: 'drop a snapshot of Cinder',
    weight: 3,
    fits: (lane) => lane.cinderSnapshots.length > 0,
    run: (scene, lane) => dropCinderSnapshot(scene, lane, lane.dice.pick(lane.cinderSnapshots).id),
  },
  {
    name: 'stop or start',
    weight: 4,
    fits: there,
    async run(scene, lane) {
      const status = await serverIn(scene.demo, lane.serverId);
      await act(scene, lane, { [status === 'ACTIVE' ? 'os-stop' : 'os-start']: null });
      await serverIn(scene.demo, lane.serverId, status === 'ACTIVE' ? 'SHUTOFF' : 'ACTIVE');
    },
  },
  {
    name: 'reboot hard',
    weight: 2,
    fits: there,
    async run(scene, lane) {
      await act(scene, lane, { reboot: { type: 'HARD' } });
      await serverIn(scene.demo, lane.serverId, 'ACTIVE');
    },
  },
  {
    name: 'shelve and unshelve',
    weight: 1,
    fits: there,
    async run(scene, lane) {
      await act(scene, lane, { shelve: null });
      await serverIn(scene.demo, lane.serverId, 'SHELVED_OFFLOADED');
      await act(scene, lane, { unshelve: null });
      await serverIn(scene.demo, lane.serverId, 'ACTIVE');
    },
  },
  {
    name: 'rebuild',
    weight: 1,
    fits: (lane) => there(lane) && lane.hasSystem,
    async run(scene, lane) {
      const { images } = await must<{ images: { id: string }[] }>(
        scene.demo.call('image', 'GET', '/v2/images?name=lab'),
      );
      const before = await idOfImage(lane.serverId);
      await act(scene, lane, { rebuild: { imageRef: images[0]?.id } });
      await serverIn(scene.demo, lane.serverId, 'ACTIVE', 'SHUTOFF');
      if ((await idOfImage(lane.serverId)) === before)
        scene.wrong.push(`server ${lane.serverId}: a rebuild kept the old disk`);
    },
  },
  {
    name: 'lose the server',
    weight: 1,
    fits: canBeLost,
    run: loseServer,
  },
];

const idOfImage = async (serverId: string): Promise<string | undefined> =>
  (await rbdJson<{ id: string }>('info', rootImage(serverId)).catch(() => undefined))?.id;

async function makeVolume(scene: Scene, lane: Lane, more: Record<string, unknown>): Promise<void> {
  const name = `${PREFIX}-${lane.name}`;
  const { volume } = await ask<{
    volume: { id: string };
  }>(scene, 'POST', '/volumes', { volume: { name, size: 1, ...more } });
  lane.loose.push(volume.id);
  await volumeIn(scene, volume.id, 'available');
}

async function dropCinderSnapshot(scene: Scene, lane: Lane, id: string): Promise<void> {
  await ask(scene, 'DELETE', `/snapshots/${id}`);
  const end = Date.now() + SETTLED_LIMIT_MS;
  while ((await scene.demo.call('volume', 'GET', `/snapshots/${id}`)).status !== 404) {
    if (Date.now() > end) throw new CameToNothing('the snapshot stays');
    await sleep(400);
  }
  lane.cinderSnapshots = lane.cinderSnapshots.filter((one) => one.id !== id);
}

/** Deletes the server with its volumes: only points are left of it. */
export async function loseServer(scene: Scene, lane: Lane): Promise<void> {
  const volumes = [...(await attachedTo(scene, lane)), ...(lane.rootVolume ? [lane.rootVolume] : [])];
  const { status } = await scene.demo.call('compute', 'DELETE', `/servers/${lane.serverId}`);
  if (status >= 300 && status !== 404) throw new CameToNothing(`Nova said ${status}`);
  const end = Date.now() + SETTLED_LIMIT_MS;
  while ((await scene.demo.call('compute', 'GET', `/servers/${lane.serverId}`)).status !== 404) {
    if (Date.now() > end) throw new CameToNothing('the server stays');
    await sleep(500);
  }
  lane.serverId = '';
  for (const id of lane.cinderSnapshots.filter(({ volumeId }) => volumes.includes(volumeId)).map((one) => one.id))
    await dropCinderSnapshot(scene, lane, id).catch(() => undefined);
  for (const id of volumes) await dropLoose(scene, lane, id).catch(() => undefined);
}

/** Before the run ends: every snapshot that Cinder still has of ours. */
export async function dropCinderSnapshots(scene: Scene, lane: Lane): Promise<void> {
  for (const { id } of lane.cinderSnapshots) await dropCinderSnapshot(scene, lane, id);
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { volumeImage } from '../world/lab/blank-server.ts';
import { contentOf } from '../world/lab/content.ts';
import { guest, rbdJson, sleep } from '../world/lab/lab.ts';
import { showServer, showVolume } from '../world/lab/tenant.ts';
import { ask, CameToNothing, dropPoint } from './asking.ts';
import { dropCinderSnapshots, dropLoose, loseServer } from './cloud-verbs.ts';
import { provenByVolumes, verify } from './rewind-verbs.ts';
import { count, type Lane, type Scene } from './scene.ts';

const run = promisify(execFile);
const OPERATIONS_END_MS = 900_000;
const DEBTS_PAID_MS = 300_000;

/** When the troubles are over: everything ends, everything is right, and nothing is left. Adds what is not to `scene.wrong`. */
export async function lookAtAll(scene: Scene): Promise<void> {
  const now = (what: string) => scene.say('ending', what);
  now('what is open ends');
  await everythingEnds(scene);
  now('servers are free');
  for (const lane of scene.lanes) await serverIsFree(scene, lane);
  now('every backup comes back');
  for (const lane of scene.lanes) await everyPointComesBack(scene, lane);
  await nothingOfOthersChanged(scene);
  now('everything is deleted');
  for (const lane of scene.lanes) await clear(scene, lane);
  now('nothing is left');
  await nothingIsLeft(scene);
}

async function everythingEnds(scene: Scene): Promise<void> {
  const end = Date.now() + OPERATIONS_END_MS;
  for (;;) {
    const open: { id: string; workflow?: string; status: string }[] = [];
    for (const status of ['queued', 'running']) {
      const { body } = await ask<{ operations: typeof open }>(
        scene,
        scene.demo,
        'GET',
        `/v1/operations?status=${status}&limit=100`,
      );
      open.push(...(body.operations ?? []));
    }
    if (open.length === 0) return;
    if (Date.now() > end) {
      scene.wrong.push(`operations do not end: ${JSON.stringify(open.map(({ id, status }) => ({ id, status })))}`);
      return;
    }
    await sleep(1_000);
  }
}

/** Not locked, its volumes usable, and the guest neither paused nor frozen. */
async function serverIsFree(scene: Scene, { serverId, hasSystem }: Lane): Promise<void> {
  if (!serverId) return;
  const { status, locked, ...rest } = await showServer(scene.demo, serverId);
  if (locked) scene.wrong.push(`server ${serverId} is locked`);
  if (!['ACTIVE', 'SHUTOFF'].includes(status)) scene.wrong.push(`server ${serverId} is ${status}`);
  for (const { id } of rest['os-extended-volumes:volumes_attached']) {
    const volume = await showVolume(scene.demo, id);
    if (volume?.status !== 'in-use') scene.wrong.push(`volume ${id} of server ${serverId} is ${volume?.status}`);
  }
  if (status !== 'ACTIVE') return;
  const { stdout } = await run('virsh', ['-c', 'qemu:///system', 'domstate', serverId]);
  if (stdout.trim() !== 'running') scene.wrong.push(`the guest of server ${serverId} is ${stdout.trim()}`);
  if (!hasSystem) return;
  const said = await guest(serverId, 'touch /root/alive && sync && echo writes').catch((error) => String(error));
  if (said !== 'writes') scene.wrong.push(`the guest of server ${serverId} does not write: ${said}`);
}

async function everyPointComesBack(scene: Scene, lane: Lane): Promise<void> {
  for (const point of lane.points.filter(({ kind }) => kind === 'backup')) {
    const { body } = await ask<{ backup: { status: string; fail_code: string | null } }>(
      scene,
      scene.demo,
      'GET',
      `/v1/backups/${point.id}`,
    );
    if (body.backup?.status !== 'available') {
      scene.say(lane.name, `backup ${point.id} is ${body.backup?.status} ${body.backup?.fail_code}`);
      continue;
    }
    try {
      await verify(scene, point);
      await provenByVolumes(scene, lane, point);
      count(scene, 'backups proven in the end');
    } catch (error) {
      scene.wrong.push(`backup ${point.id} does not come back: ${error instanceof Error ? error.message : error}`);
    }
  }
}

async function nothingOfOthersChanged(scene: Scene): Promise<void> {
  for (const { volumeId, content } of scene.given) {
    const found = await contentOf(volumeImage(volumeId)).catch((error) => `unreadable: ${error}`);
    if (found !== content) scene.wrong.push(`volume ${volumeId} of another project changed`);
    else count(scene, 'volumes of others unchanged');
    await scene.other.call('volume', 'DELETE', `/volumes/${volumeId}`);
  }
}

async function clear(scene: Scene, lane: Lane): Promise<void> {
  const tell = (error: unknown) => {
    scene.wrong.push(`${lane.name} cannot be cleared: ${error instanceof Error ? error.message : error}`);
  };
  for (const kind of ['backup', 'snapshot'] as const) await dropAll(scene, kind).catch(tell);
  await dropCinderSnapshots(scene, lane).catch(tell);
  if (lane.serverId) await loseServer(scene, lane).catch(tell);
  for (const id of lane.loose) await dropLoose(scene, lane, id).catch(tell);
}

/** All that Rewind shows, safety snapshots too. */
async function dropAll(scene: Scene, kind: 'backup' | 'snapshot'): Promise<void> {
  const { body } = await ask<Record<string, { id: string }[]>>(scene, scene.demo, 'GET', `/v1/${kind}s?limit=1000`);
  for (const { id } of body[`${kind}s`] ?? []) {
    await dropPoint(scene, kind, id).catch((error) => {
      throw error instanceof CameToNothing ? new Error(`${kind} ${id}: ${error.message}`) : error;
    });
  }
}

/** By the product's own inventory; and by a look of our own at what has a name of its making. */
async function nothingIsLeft(scene: Scene): Promise<void> {
  const end = Date.now() + DEBTS_PAID_MS;
  for (;;) {
    const left = [...(await ownNames(scene)), ...(await byInventory(scene))];
    if (left.length === 0) return;
    if (Date.now() > end) {
      scene.wrong.push(...left.map((one) => `left behind: ${one}`));
      return;
    }
    await sleep(5_000);
  }
}

async function byInventory(scene: Scene): Promise<string[]> {
  const rows = async (...args: string[]): Promise<Record<string, unknown>[]> => {
    const { code, stdout, stderr } = await scene.rewind.admin(...args, '--json');
    if (code !== '0') throw new Error(`rewind admin ${args.join(' ')} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as Record<string, unknown>[];
  };
  const items = await rows('inventory');
  const left = items.filter(({ standing }) => standing === 'stranger' || standing === 'debt');
  // Nothing is there: it is only waited whether what was asked for without an answer still comes.
  const owed = (await rows('debts')).filter(({ code }) => code !== 'vm-backup.debt.may-come');
  return [...left, ...owed].map((one) => JSON.stringify(one));
}

/** Images with names that Rewind makes, of operations and points of this run. */
async function ownNames(scene: Scene): Promise<string[]> {
  const { body } = await ask<{ operations: { id: string; resource_id?: string }[] }>(
    scene,
    scene.demo,
    'GET',
    '/v1/operations?limit=1000',
  );
  const ids = (body.operations ?? []).flatMap(({ id, resource_id }) => [id, resource_id ?? id]);
  const names: string[] = [];
  for (const pool of ['vms', 'volumes', 'snapshots']) {
    const images = await rbdJson<string[]>('ls', pool).catch(() => []);
    const trash = (await rbdJson<{ name: string }[]>('trash', 'ls', pool).catch(() => [])).map(({ name }) => name);
    names.push(...[...images, ...trash].filter((name) => name.startsWith('rewind-')).map((name) => `${pool}/${name}`));
  }
  return names.filter((name) => ids.some((id) => name.includes(id)));
}

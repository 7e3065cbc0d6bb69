import { asideForNova, isUuid } from '../../domain/names.ts';
import { type NovaIntent, novaIntent } from '../../domain/operations/nova-intent.ts';
import { eachByItself } from '../../periodic/each-by-itself.ts';
import type { PeriodicJob } from '../../periodic/periodic-job.ts';
import type { ServerState } from '../../ports/openstack.ts';
import type { Log } from '../../ports/system.ts';
import type { World } from '../../workflows/world.ts';
import { cleanUpAfter, removeStandIns } from './clean-up-after-nova.ts';
import { makeWay, sayUnknown } from './make-way.ts';
import { newMemory, type Tell, type Watched } from './nova-watch.ts';
import { putBack } from './put-back.ts';

/** Nova tries twelve times, five seconds apart, to remove a root disk that has snapshots. */
const LOOK_EVERY_MS = 5_000;
const LOOK_BACK_MS = 120_000;
/** How often all servers are looked at, to find changes that happened while nobody looked. */
const LOOK_AT_ALL_MS = 600_000;

/** Nova gives up after a minute, also when a whole project is deleted. */
const AT_ONCE = 4;

type Listed = Awaited<ReturnType<World['cloud']['admin']['compute']['changedServers']>>[number];

/**
 * Nova cannot remove a root disk that carries a snap. On rebuild and delete it gives up after a minute, reports
 * nothing, and goes on with the old disk: a rebuild that rebuilt nothing. So while Nova is removing a disk, our base
 * snaps on it are given up (the next backup of the disk is then a full one), and a disk with snapshots is put aside,
 * where they are found by the image's id. An empty image stands in for it, because Nova fails when the disk that it is
 * removing is gone.
 *
 * Way is made only for what `novaIntent` calls `destroys`. Where it cannot tell, nothing is touched, and that is
 * reported. A disk that was put aside and that Nova did not replace gets its place back.
 */
export function yieldToNova(world: World, log: Log, tell: Tell = async () => undefined): PeriodicJob {
  const { clock, cloud, ceph, settings } = world;
  const memory = newMemory();
  let lookedAtAllMs = Number.NEGATIVE_INFINITY;
  const look = async (over: AbortSignal) => {
    const since = new Date(clock.now() - LOOK_BACK_MS).toISOString();
    const changed = (await cloud.admin.compute.changedServers(since)).filter(({ id }) => isUuid(id));
    const listed = new Map(changed.map((server) => [server.id, server]));
    const images = await ceph.listImages(settings.rootPool);
    const others = new Set(memory.servers.keys());
    if (clock.monotonic() - lookedAtAllMs >= LOOK_AT_ALL_MS) {
      for (const name of images) others.add(asideForNova(name)?.serverId ?? '');
      lookedAtAllMs = clock.monotonic();
    }
    const ids = [...listed.keys(), ...[...others].filter((id) => id !== '' && !listed.has(id))];
    const told = (id: string) => ({ trouble: 'could not make way for Nova', server_id: id });
    const lanes = Array.from({ length: AT_ONCE }, (_, lane) => ids.filter((_id, index) => index % AT_ONCE === lane));
    const lookAtOne = (id: string) => lookAt({ world, log, tell, memory, images, serverId: id }, listed.get(id));
    await Promise.all(lanes.map((lane) => eachByItself(log, over, lane, told, lookAtOne)));
  };
  return { name: 'yield-to-nova', after: 'what Nova destroys', everyMs: LOOK_EVERY_MS, look };
}

async function lookAt(watched: Watched, listed: Listed | undefined): Promise<void> {
  const { memory, serverId } = watched;
  if (listed && isNothing(watched, listed)) {
    memory.servers.delete(serverId);
    return;
  }
  const { server, intent } = await whatNovaDoes(watched.world, serverId);
  const remembered = memory.of(serverId);
  if (intent.disks !== 'destroys') remembered.quietSince.clear();
  if (intent.disks !== 'unknown') remembered.unknownLooks = 0;
  if (intent.disks === 'destroys') {
    return makeWay(watched, async () => (await whatNovaDoes(watched.world, serverId)).intent.disks === 'destroys');
  }
  if (intent.disks === 'unknown') return sayUnknown(watched, server, intent);
  if (intent.disks === 'gone') {
    // That Nova does not list a server is no reason to take its disks: it also leaves out servers that it will not
    // show.
    if (listed?.status === 'DELETED') await cleanUpAfter(watched, 'deleted');
    else await removeStandIns(watched, undefined);
  } else if (server && server.taskState === null) {
    await putBack(watched, server);
  }
  // What is remembered of a state ends with it.
  remembered.said.clear();
  if (remembered.awaits.size === 0 || intent.disks === 'gone') memory.servers.delete(serverId);
}

/** True for nearly all servers: no disk of theirs is put aside, and none is about to go. */
function isNothing({ images, serverId }: Watched, { status, taskState }: Listed): boolean {
  if (images.some((name) => asideForNova(name)?.serverId === serverId)) return false;
  if (status === 'DELETED' || status === 'SHELVED_OFFLOADED') return !images.some((name) => name.startsWith(serverId));
  const server = { status, taskState, vmState: null, hostStatus: null, imageId: '' };
  return taskState !== 'shelving' && novaIntent({ server, asked: undefined, migrations: [] }).disks === 'keeps';
}

async function whatNovaDoes(
  { cloud }: World,
  serverId: string,
): Promise<{ server: ServerState | undefined; intent: NovaIntent }> {
  const { compute } = cloud.admin;
  const server = await compute.serverState(serverId);
  const ambiguous = server?.taskState === 'rebuilding';
  // The order matters: a rebuild that is seen here cannot be followed by an evacuation that is not.
  const asked = ambiguous ? await compute.rebuildAsked(serverId) : undefined;
  const migrations = ambiguous ? await compute.migrations(serverId) : [];
  const seen = server && { ...server, hostStatus: server.hostStatus ?? null };
  return { server, intent: novaIntent({ server: seen, asked, migrations }) };
}

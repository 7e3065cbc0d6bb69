import { asRewindError } from '../domain/errors.ts';
import { backupOfSnapName, isUuid } from '../domain/names.ts';
import type { Log } from '../ports/system.ts';
import { rootImageOf } from '../workflows/steps/locate-disks.ts';
import type { World } from '../workflows/world.ts';

/** Nova tries twelve times, five seconds apart, to remove a root disk that has snapshots. */
const LOOK_EVERY_MS = 5_000;
const LOOK_BACK_MS = 120_000;
/** What Nova does when it wants a root disk gone. */
const DESTROYING = new Set(['rebuilding', 'deleting', 'shelving_offloading']);

/**
 * Nova cannot remove a root disk that carries a snap. On rebuild and delete it gives up after a minute, says
 * nothing, and goes on with the old disk: a rebuild that rebuilt nothing. So while Nova is at it, our base snaps on
 * that disk are given up; the next backup of the disk is then a full one. Runs until `shutdown`.
 */
export async function yieldToNova(world: World, log: Log, shutdown: AbortSignal): Promise<void> {
  while (!shutdown.aborted) {
    try {
      const since = new Date(world.clock.now() - LOOK_BACK_MS).toISOString();
      for (const server of await world.cloud.admin.compute.changedServers(since)) {
        if (server.taskState === null || !DESTROYING.has(server.taskState) || !isUuid(server.id)) continue;
        await giveUpSnaps(world, log, server.id);
      }
    } catch (error) {
      log.warn('could not look after what Nova destroys, trying again', { err: asRewindError(error) });
    }
    await world.clock.sleep(LOOK_EVERY_MS, shutdown).catch(() => undefined);
  }
}

async function giveUpSnaps(world: World, log: Log, serverId: string): Promise<void> {
  const image = rootImageOf(world.settings, serverId);
  if (!(await world.ceph.imageInfo(image))) return;
  for (const snap of await world.ceph.listSnaps(image)) {
    if (backupOfSnapName(snap.name) === undefined) continue;
    await world.ceph.removeSnap(image, snap.name);
    log.info('gave up a base snap so that Nova can remove the disk', { server_id: serverId, snap: snap.name });
  }
}

import { asideForNova, localDiskOf, standInName } from '../../domain/names.ts';
import type { ImageRef } from '../../domain/points/disk.ts';
import type { ServerState } from '../../ports/openstack.ts';
import { rebootAsAdmin } from '../../workflows/acts/watch-acts.ts';
import { standInOf } from '../../workflows/steps/server/stand-in.ts';
import { giveUpBases, localImages } from './make-way.ts';
import { firstTime, inRootPool, STAND_IN_OUT, type Watched } from './nova-watch.ts';

/** A killed client stays visible for half a minute; a server is not restarted again because of that. Milliseconds. */
const RESTART_AGAIN_MS = 120_000;

/**
 * Called when Nova wanted the server's disks gone and is done. What it could not remove, because something of ours was
 * on it, is removed now; a disk that carries snapshots stays, and goes with the last of them. An empty disk that is
 * left under Nova's name would be taken for the server's own when it is unshelved.
 */
export async function cleanUpAfter(watched: Watched, how: 'deleted' | 'offloaded'): Promise<void> {
  const { world, log, memory, serverId } = watched;
  const { ceph } = world;
  for (const image of localImages(watched)) {
    const info = await ceph.imageInfo(image);
    const disk = localDiskOf(image.image);
    if (!info || disk === undefined || (await ceph.watchers(image)).length > 0) continue;
    if (await standInOf(ceph, image, info)) {
      await ceph.renameImage(image, standInName(serverId, disk, info.id));
      memory.of(serverId).awaits.add(STAND_IN_OUT);
    } else if (how === 'deleted') {
      const { snaps, left } = await giveUpBases(watched, image);
      if (snaps.length === 0 || left.length > 0) continue;
      await ceph.removeImage(image);
      log.info('removed a disk of a deleted server that Nova had left because of our snap', {
        ...{ server_id: serverId, image: image.image },
      });
    }
  }
  await removeStandIns(watched, undefined);
}

/** Removes stand-ins that are out of their places. One that was written to stays. */
export async function removeStandIns(watched: Watched, server: ServerState | undefined): Promise<void> {
  const { world, memory, serverId } = watched;
  const { awaits } = memory.of(serverId);
  const isStandIn = (name: string) => asideForNova(name)?.role === 'standin' && name.includes(serverId);
  if (!awaits.delete(STAND_IN_OUT) && !watched.images.some(isStandIn)) return;
  for (const name of await world.ceph.listImages(world.settings.rootPool)) {
    if (!isStandIn(name)) continue;
    // If a server still has it open, the next look sees to it.
    if (!(await isRemoved(watched, inRootPool(watched, name), server))) awaits.add(STAND_IN_OUT);
  }
}

async function isRemoved(watched: Watched, image: ImageRef, server: ServerState | undefined): Promise<boolean> {
  const { world, log, memory, serverId } = watched;
  const { ceph, clock } = world;
  if ((await ceph.watchers(image)).length > 0) {
    const remembered = memory.of(serverId);
    if (server?.status !== 'ACTIVE' || clock.monotonic() - remembered.restartedAt < RESTART_AGAIN_MS) return false;
    remembered.restartedAt = clock.monotonic();
    log.warn('restarting a server that runs on what stood in for its disk', { server_id: serverId });
    await rebootAsAdmin(world, server);
    return false;
  }
  const snaps = (await ceph.imageInfo(image)) ? await ceph.listSnaps(image) : [];
  if (snaps.length > 0 || (await ceph.isWritten(image))) {
    if (firstTime(memory, image.image))
      log.error('what stood in for a disk was written to, and is kept', { server_id: serverId, image: image.image });
    return true;
  }
  await ceph.removeImage(image);
  return true;
}

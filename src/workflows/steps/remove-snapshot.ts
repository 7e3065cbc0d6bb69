import type { ImageRef } from '../../domain/disk.ts';
import { isOurImage, localDiskOf, snapshotOfSnapName, snapshotSnapName } from '../../domain/names.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import type { RecipeStep, World } from '../world.ts';
import { discardImage } from './fill-draft.ts';
import { reachImage } from './reach-image.ts';
import { snapshotOf } from './restore-source.ts';
import { memoryOf } from './snap-with-memory.ts';

export interface DeleteSnapshotInput {
  snapshot_id: string;
}

export interface SnappedImage {
  diskId: string;
  pool: string;
  imageId: string;
  snap: string;
}

/** The images that may carry the snapshot's snap: by Ceph's ids, whatever they are called by now. */
export const planDeleteSnapshot: RecipeStep<DeleteSnapshotInput, { images: SnappedImage[] }> = {
  name: 'plan-delete-snapshot',
  async act(context, { snapshot_id: id }) {
    const snapshot = await snapshotOf(context, id);
    const snap = snapshotSnapName(id);
    return {
      images: snapshot.disks.map((disk) => ({
        diskId: disk.id,
        pool: disk.image.pool,
        imageId: disk.image_id,
        snap,
      })),
    };
  },
};

/** Takes the snap off the image, and with the last snapshot on it an image that nothing else needs. */
export const removeSnapshotSnap: RecipeStep<SnappedImage, null> = {
  name: 'remove-snapshot-snap',
  async act(context, { pool, imageId, snap }) {
    const { ceph } = context.world;
    await context.proveLease();
    const image = await reachImage(context.world, pool, imageId);
    if (!image) return null;
    await ceph.removeSnap(image, snap);
    context.boundary('removed-snap');
    await discardUnneeded(context, image);
    return null;
  },
};

/** What was saved of the server's memory. A snapshot without it has no such image. */
export const removeMemory: RecipeStep<DeleteSnapshotInput, null> = {
  name: 'remove-memory',
  async act(context, { snapshot_id: id }) {
    await context.proveLease();
    await context.world.ceph.removeImage(memoryOf(context.world.settings, id));
    return null;
  },
};

/** An image that stayed only because of snapshots goes with the last of them. */
export async function discardUnneeded(context: StepContext<World>, image: ImageRef): Promise<void> {
  const { ceph } = context.world;
  if (!(isOurImage(image.image) || (await isOrphan(context, image)))) return;
  const snaps = (await ceph.imageInfo(image)) ? await ceph.listSnaps(image) : [];
  if (snaps.some((snap) => snapshotOfSnapName(snap.name) !== undefined)) return;
  await context.proveLease();
  // Bases of increments are of use on a living disk only; they are ours too.
  const ours = snaps.filter((snap) => snap.name.startsWith('rewind-b-')).map((snap) => snap.name);
  await discardImage(context.world, image, ours);
}

const UUID_LENGTH = 36;

/** A disk of a server that Nova has deleted: Nova leaves it behind when it carries snaps. */
async function isOrphan({ world, operation }: StepContext<World>, { pool, image }: ImageRef): Promise<boolean> {
  if (pool !== world.settings.rootPool || localDiskOf(image) === undefined) return false;
  const serverId = image.slice(0, UUID_LENGTH);
  const seen = await world.cloud.admin.compute.serverState(serverId);
  if (seen) return false;
  // Nova answers the same for "never was" and "not for you": only one that was ours is taken.
  return (await world.catalogue.snapshotsOfServer(serverId, operation.project_id)).length > 0;
}

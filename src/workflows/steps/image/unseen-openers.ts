import { RewindError } from '../../../domain/errors.ts';
import type { ImageRef } from '../../../domain/points/disk.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import type { World } from '../../world.ts';

/**
 * librbd registers its watch some round trips after it read the header: milliseconds, or a tenth of a second under
 * load.
 */
const SETTLE_MS = 1_000;
const MOST_ATTEMPTS = 5;

/**
 * Takes snaps that nobody writes into. librbd (Ceph 16 at least) opens an image by reading its header first and
 * subscribing to its changes afterwards: a client that is opening a disk for writing at that moment does not hear of a
 * snap made in between, and goes on to write INTO it, until it reads the header again. The snap then changes after it
 * was copied, and the next increment misses what was written. So the lists of clients that have the disks open are
 * compared: if one was added while the snaps were made, they are made again. `take` itself removes what it made before.
 * Rejects with `consistency.unsettled` when a client is added each time, with what `take` rejects with, or `ceph.*`.
 */
export async function withoutUnseenOpeners<T>(
  { world: { ceph, clock }, log, signal }: Pick<StepContext<World>, 'world' | 'log' | 'signal'>,
  images: readonly ImageRef[],
  take: () => Promise<T>,
): Promise<T> {
  const openers = async () => new Set((await Promise.all(images.map((image) => ceph.watchers(image)))).flat());
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
    const before = await openers();
    const taken = await take();
    await clock.sleep(SETTLE_MS * attempt, signal);
    const came = (await openers()).difference(before);
    if (came.size === 0) return taken;
    log.warn('somebody opened a disk while it was snapped, the snaps are taken anew', { attempt, openers: [...came] });
  }
  throw new RewindError('consistency.unsettled');
}

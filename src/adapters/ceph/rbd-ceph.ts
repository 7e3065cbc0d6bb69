import { hasCode, RewindError } from '../../domain/errors.ts';
import { imageId, rbdName } from '../../domain/names.ts';
import type { ImageRef } from '../../domain/points/disk.ts';
import type { Ceph, ReadySnaps } from '../../ports/ceph.ts';
import type { CephSettings } from './ceph-settings.ts';
import { layoutArguments } from './image-layout.ts';
import { imageMarks } from './image-marks.ts';
import { isMissing } from './librbd/python.ts';
import { readySnaps } from './librbd/ready-snaps.ts';
import { migrationCommands } from './migration.ts';
import { poolUsage } from './pool-usage.ts';
import { exportDiff } from './rbd/export-diff.ts';
import { importDiff } from './rbd/import-diff.ts';
import {
  childrenAnswer,
  heldSnapsFrom,
  imageAnswer,
  imageInfoFrom,
  jsonOf,
  namesAnswer,
  snapsFrom,
  trashFrom,
  understood,
  watchersFrom,
} from './rbd/rbd-answers.ts';
import { imageArgument, imageIdArguments, poolArgument, sizeArgument, snapArgument } from './rbd/rbd-arguments.ts';
import { patientRbd, quickRbd, type RunRbd } from './rbd/run-rbd.ts';

/**
 * Ceph RBD through the `rbd` command (https://docs.ceph.com/en/latest/man/8/rbd). Messages and exit codes are those of
 * 16.2. Subcommands without progress refuse `--no-progress`.
 */
export function createCeph(settings: CephSettings): Ceph {
  const rbd = quickRbd(settings);
  const patient = patientRbd(settings);
  const read = reads(rbd);
  const removeImage = (ref: ImageRef) => unless('ceph.not-found', patient('rm', imageArgument(ref)));
  // The owner of the exclusive lock (a running server's qemu) makes the snap; `rbd` only asks it to.
  const createSnap = (ref: ImageRef, snap: string) =>
    unless('ceph.exists', rbd('snap', 'create', '--no-progress', snapArgument(ref, snap)));
  return {
    ...read,
    ...imageMarks(rbd),
    createSnap,
    readySnaps: snapsMadeReady(settings, async (ref, snap) => {
      await rbd('snap', 'create', '--no-progress', snapArgument(ref, snap));
    }),
    removeSnapOfId: (pool, id, snap) => {
      const words = ['snap', 'rm', ...imageIdArguments(pool, id), '--snap', rbdName(snap)];
      return unless('ceph.not-found', patient(...words));
    },
    removeTrashed: (pool, id) =>
      unless('ceph.not-found', patient('trash', 'rm', `${poolArgument(pool)}/${imageId(id)}`)),
    trashImage: (ref) => unless('ceph.not-found', rbd('trash', 'mv', imageArgument(ref))),
    removeSnap: (ref, snap) => unless('ceph.not-found', patient('snap', 'rm', snapArgument(ref, snap))),
    async createImage(ref, sizeBytes, like) {
      const size = sizeArgument(sizeBytes);
      const layout = await layoutArguments(rbd, like);
      const create = () => rbd('create', '--no-progress', '--size', size, ...layout, imageArgument(ref));
      try {
        await create();
      } catch (error) {
        if (!hasCode(error, 'ceph.exists')) throw error;
        if (await read.imageInfo(ref)) return;
        // Only the name is there: the process that made or removed the image was killed half way.
        await removeImage(ref);
        await create();
      }
    },
    removeImage,
    async renameImage(from, toImage) {
      await rbd('mv', imageArgument(from), imageArgument({ pool: from.pool, image: toImage }));
    },
    async untrashImage(pool, id, toImage) {
      const found = await read.imageOfId(pool, id);
      if (found && !found.inTrash && found.name === toImage) return;
      const trashed = `${poolArgument(pool)}/${imageId(id)}`;
      await rbd('trash', 'restore', trashed, '--image', rbdName(toImage));
    },
    rollback: (ref, snap) => patient('snap', 'rollback', snapArgument(ref, snap)),
    async cloneSnap(ref, snap, to, like) {
      const layout = await layoutArguments(rbd, like);
      // Clone format 2 needs no protected snap, which a killed worker would leave behind protected.
      await rbd('clone', '--rbd-default-clone-format', '2', ...layout, snapArgument(ref, snap), imageArgument(to));
    },
    async flatten(ref) {
      const info = await read.imageInfo(ref);
      if (info?.parent === null) return;
      await patient('flatten', imageArgument(ref));
    },
    async growImage(ref, sizeBytes) {
      const info = await read.imageInfo(ref);
      if (!info) throw new RewindError('ceph.not-found', 'A disk image is not there.');
      // `rbd resize` treats the same size as an error.
      if (info.sizeBytes === sizeBytes) return;
      await patient('resize', '--size', sizeArgument(sizeBytes), imageArgument(ref));
    },
    exportDiff: (ref, snap, fromSnap, signal) => {
      const from = fromSnap === undefined ? undefined : rbdName(fromSnap);
      const spec = { snapSpec: snapArgument(ref, snap), fromSnap: from };
      return exportDiff(settings, { ...spec, info: read.imageInfo(ref) }, signal);
    },
    importDiff: (ref, diff, signal) => importDiff(settings, imageArgument(ref), diff, signal),
    ...migrationCommands(settings),
    poolUsage: poolUsage(settings),
  };
}

type Reads = Pick<
  Ceph,
  | 'imageInfo'
  | 'imageOfId'
  | 'listSnaps'
  | 'listSnapsOfId'
  | 'heldSnapsOfId'
  | 'childrenOf'
  | 'watchers'
  | 'listTrash'
  | 'listImages'
  | 'listChildren'
  | 'version'
>;

function reads(rbd: RunRbd): Reads {
  const json = async (...args: string[]): Promise<unknown> => jsonOf(await rbd(...args, '--format', 'json'));
  return {
    imageInfo: async (ref) => {
      const answer = await orAbsent(json('info', imageArgument(ref)));
      return answer && imageInfoFrom(answer.is);
    },
    imageOfId: async (pool, id) => {
      const answer = await orAbsent(json('info', ...imageIdArguments(pool, id)));
      if (!answer) return undefined;
      const { name } = understood(imageAnswer, answer.is);
      // In the trash an image keeps its name, which by then may be another image's.
      const named = await orAbsent(json('info', imageArgument({ pool, image: name })));
      return { name, inTrash: !named || understood(imageAnswer, named.is).id !== id };
    },
    listSnaps: async (ref) => snapsFrom(await json('snap', 'ls', imageArgument(ref))),
    listSnapsOfId: async (pool, id) => snapsFrom(await json('snap', 'ls', ...imageIdArguments(pool, id))),
    watchers: async (ref) => {
      const answer = await orAbsent(json('status', imageArgument(ref)));
      return answer ? watchersFrom(answer.is) : [];
    },
    listTrash: async (pool) => {
      // `--long` shows the time, but opens every image for it: the listing fails when one of them goes meanwhile.
      return trashFrom(await json('trash', 'ls', poolArgument(pool)));
    },
    listImages: async (pool) => understood(namesAnswer, await json('ls', poolArgument(pool))),
    heldSnapsOfId: async (pool, id) => heldSnapsFrom(await json('snap', 'ls', '--all', ...imageIdArguments(pool, id))),
    childrenOf: async (ref) => {
      const answer = await orAbsent(json('children', imageArgument(ref)));
      return answer ? understood(childrenAnswer, answer.is) : [];
    },
    listChildren: async (ref, snap) => understood(childrenAnswer, await json('children', snapArgument(ref, snap))),
    version: async () => /^ceph version (\d+\.\d+\.\d+)/.exec(await rbd('--version'))?.[1] ?? 'unknown',
  };
}

/**
 * Where the library is missing, or fails, `rbd` makes the snaps, one process each. A client for which the library
 * waited in vain would keep `rbd` waiting too.
 */
function snapsMadeReady(settings: CephSettings, createSnap: Ceph['createSnap']): Ceph['readySnaps'] {
  let missing = false;
  return async (images, snap) => {
    const byRbd = async (): Promise<void> => {
      await Promise.all(images.map((image) => createSnap(image, snap)));
    };
    const ready = missing
      ? undefined
      : await readySnaps(settings, images, snap).catch((error): ReadySnaps | undefined => {
          if (hasCode(error, 'ceph.timeout')) throw error;
          missing = isMissing((error as Error).cause);
          return undefined;
        });
    if (!ready) return { take: byRbd, drop: async () => {} };
    return {
      take: () => ready.take().catch((error) => (isAnswer(error) ? Promise.reject(error) : byRbd())),
      drop: ready.drop,
    };
  };
}

/**
 * The library was asked, and asking `rbd` again would not help: a snap that exists already came from an earlier
 * attempt.
 */
const isAnswer = (error: unknown): boolean => hasCode(error, 'ceph.timeout') || hasCode(error, 'ceph.exists');

/** Ignores an error that means "it is so already". */
async function unless(code: 'ceph.not-found' | 'ceph.exists', done: Promise<unknown>): Promise<void> {
  try {
    await done;
  } catch (error) {
    if (!hasCode(error, code)) throw error;
  }
}

/** Undefined: there is no such image. */
async function orAbsent(answer: Promise<unknown>): Promise<{ is: unknown } | undefined> {
  try {
    return { is: await answer };
  } catch (error) {
    if (hasCode(error, 'ceph.not-found')) return undefined;
    throw error;
  }
}

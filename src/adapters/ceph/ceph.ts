import type { ImageRef } from '../../domain/disk.ts';
import { hasCode, RewindError } from '../../domain/errors.ts';
import { rbdName } from '../../domain/names.ts';
import type { Ceph } from '../../ports/ceph.ts';
import type { CephSettings } from './ceph-settings.ts';
import { exportDiff } from './export-diff.ts';
import { importDiff } from './import-diff.ts';
import { childrenAnswer, imageAnswer, namesAnswer, snapsAnswer, statusAnswer, understood } from './rbd-answers.ts';
import { imageArgument, poolArgument, sizeArgument, snapArgument } from './rbd-arguments.ts';
import { patientRbd, quickRbd, type RunRbd } from './run-rbd.ts';

/**
 * Ceph RBD through the `rbd` command (https://docs.ceph.com/en/latest/man/8/rbd). Texts and exit states are those
 * of 16.2. Not every subcommand takes `--no-progress`: those without progress refuse it.
 */
export function createCeph(settings: CephSettings): Ceph {
  const rbd = quickRbd(settings);
  const patient = patientRbd(settings);
  const read = reads(rbd);
  const removeImage = (ref: ImageRef) => unless('ceph.not-found', patient('rm', imageArgument(ref)));
  return {
    ...read,
    // the owner of the exclusive lock (a running server's qemu) makes it; `rbd` only asks
    createSnap: (ref, snap) => unless('ceph.exists', rbd('snap', 'create', '--no-progress', snapArgument(ref, snap))),
    removeSnap: (ref, snap) => unless('ceph.not-found', patient('snap', 'rm', snapArgument(ref, snap))),
    async createImage(ref, sizeBytes) {
      const create = () => rbd('create', '--no-progress', '--size', sizeArgument(sizeBytes), imageArgument(ref));
      try {
        await create();
      } catch (error) {
        if (!hasCode(error, 'ceph.exists')) throw error;
        if (await read.imageInfo(ref)) return;
        // only its name is there: whoever made or removed it was killed half way
        await removeImage(ref);
        await create();
      }
    },
    removeImage,
    async renameImage(from, toImage) {
      await rbd('mv', imageArgument(from), imageArgument({ pool: from.pool, image: toImage }));
    },
    async growImage(ref, sizeBytes) {
      const info = await read.imageInfo(ref);
      if (!info) throw new RewindError('ceph.not-found', 'A disk image is not there.', { fault: 'errored' });
      // `rbd resize` calls the same size an error
      if (info.sizeBytes === sizeBytes) return;
      await patient('resize', '--size', sizeArgument(sizeBytes), imageArgument(ref));
    },
    exportDiff: (ref, snap, fromSnap, signal) => {
      const from = fromSnap === undefined ? undefined : rbdName(fromSnap);
      const spec = { snapSpec: snapArgument(ref, snap), fromSnap: from };
      return exportDiff(settings, { ...spec, info: read.imageInfo(ref) }, signal);
    },
    importDiff: (ref, diff, signal) => importDiff(settings, imageArgument(ref), diff, signal),
  };
}

type Reads = Pick<Ceph, 'imageInfo' | 'listSnaps' | 'watchers' | 'listImages' | 'listChildren' | 'version'>;

function reads(rbd: RunRbd): Reads {
  const json = (...args: string[]): Promise<string> => rbd(...args, '--format', 'json');
  return {
    imageInfo: async (ref) => {
      const answer = await orAbsent(json('info', imageArgument(ref)));
      if (answer === undefined) return undefined;
      const { size, object_size, features, flags, parent } = understood(imageAnswer, answer);
      return { sizeBytes: size, objectSizeBytes: object_size, features, flags, parent: parent ?? null };
    },
    listSnaps: async (ref) => {
      const snaps = understood(snapsAnswer, await json('snap', 'ls', imageArgument(ref)));
      return snaps.map((snap) => ({ name: snap.name, sizeBytes: snap.size, protected: snap.protected }));
    },
    watchers: async (ref) => {
      const answer = await orAbsent(json('status', imageArgument(ref)));
      return answer === undefined ? [] : understood(statusAnswer, answer).watchers.map((watcher) => watcher.address);
    },
    listImages: async (pool) => understood(namesAnswer, await json('ls', poolArgument(pool))),
    listChildren: async (ref, snap) => understood(childrenAnswer, await json('children', snapArgument(ref, snap))),
    version: async () => /^ceph version (\d+\.\d+\.\d+)/.exec(await rbd('--version'))?.[1] ?? 'unknown',
  };
}

/** An answer that means "it is so already". */
async function unless(code: string, done: Promise<unknown>): Promise<void> {
  try {
    await done;
  } catch (error) {
    if (!hasCode(error, code)) throw error;
  }
}

async function orAbsent(answer: Promise<string>): Promise<string | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (hasCode(error, 'ceph.not-found')) return undefined;
    throw error;
  }
}

import { imageSpec, snapSpec } from '../../domain/disk.ts';
import { hasCode } from '../../domain/errors.ts';
import { rbdName } from '../../domain/names.ts';
import type { Ceph } from '../../ports/ceph.ts';
import { childrenAnswer, imageAnswer, namesAnswer, snapsAnswer, statusAnswer, understood } from './rbd-answers.ts';
import { type CephSettings, rbdCommand } from './rbd-command.ts';
import { exportDiff, importDiff } from './rbd-streams.ts';

/**
 * Ceph RBD through the `rbd` command (docs.ceph.com/en/latest/man/8/rbd). Not every subcommand takes
 * `--no-progress`: those without progress refuse it.
 */
export function createCeph(settings: CephSettings): Ceph {
  const rbd = rbdCommand(settings);
  /** Runs it; what was done before counts as done. */
  const unless = async (code: string, ...args: string[]): Promise<void> => {
    await rbd.run(...args).catch((error) => {
      if (!hasCode(error, code)) throw error;
    });
  };
  return {
    async imageInfo(ref) {
      const answer = await rbd.find('info', imageSpec(ref));
      if (answer === undefined) return undefined;
      const { size, object_size, features, flags, parent } = understood(imageAnswer, answer);
      return { sizeBytes: size, objectSizeBytes: object_size, features, flags, parent: parent ?? null };
    },
    async listSnaps(ref) {
      const snaps = understood(snapsAnswer, await rbd.json('snap', 'ls', imageSpec(ref)));
      return snaps.map((snap) => ({ name: snap.name, sizeBytes: snap.size, protected: snap.protected }));
    },
    createSnap: (ref, snap) => unless('ceph.exists', 'snap', 'create', '--no-progress', snapSpec(ref, rbdName(snap))),
    removeSnap: (ref, snap) => unless('ceph.not-found', 'snap', 'rm', '--no-progress', snapSpec(ref, rbdName(snap))),
    async watchers(ref) {
      const answer = await rbd.find('status', imageSpec(ref));
      return answer === undefined ? [] : understood(statusAnswer, answer).watchers.map((one) => one.address);
    },
    createImage: (ref, sizeBytes) => unless('ceph.exists', 'create', '--size', `${sizeBytes}B`, imageSpec(ref)),
    removeImage: (ref) => unless('ceph.not-found', 'rm', '--no-progress', imageSpec(ref)),
    async renameImage(from, toImage) {
      await rbd.run('rename', imageSpec(from), imageSpec({ pool: from.pool, image: rbdName(toImage) }));
    },
    async growImage(ref, sizeBytes) {
      const now = understood(imageAnswer, await rbd.json('info', imageSpec(ref))).size;
      if (now !== sizeBytes) await rbd.run('resize', '--no-progress', '--size', `${sizeBytes}B`, imageSpec(ref));
    },
    listImages: async (pool) => understood(namesAnswer, await rbd.json('ls', pool)),
    listChildren: async (ref, snap) => understood(childrenAnswer, await rbd.json('children', snapSpec(ref, snap))),
    exportDiff: (ref, snap, fromSnap, signal) => exportDiff(settings, ref, rbdName(snap), fromSnap, signal),
    importDiff: (ref, diff, signal) => importDiff(settings, ref, diff, signal),
    async version() {
      const text = await rbd.run('--version');
      return /ceph version (\S+)/.exec(text)?.[1] ?? 'unknown';
    },
  };
}

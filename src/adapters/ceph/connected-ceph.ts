import { hasCode } from '../../domain/errors.ts';
import { rbdName } from '../../domain/names.ts';
import type { ImageRef } from '../../domain/points/disk.ts';
import type { Ceph } from '../../ports/ceph.ts';
import type { CephSettings } from './ceph-settings.ts';
import { type Librbd, LibrbdError, openLibrbd } from './librbd/librbd.ts';
import { isMissing } from './librbd/python.ts';
import { PARALLEL, sourceSpec } from './migration.ts';
import { imageInfoFrom, snapsFrom, trashFrom, watchersFrom } from './rbd/rbd-answers.ts';
import { poolArgument } from './rbd/rbd-arguments.ts';
import { rbdError } from './rbd/rbd-errors.ts';
import { createCeph } from './rbd-ceph.ts';

type Question = Parameters<Librbd['ask']>;

export interface ConnectedCeph {
  ceph: Ceph;
  /** Resolves when the connection is gone; never rejects. */
  close(): Promise<void>;
}

/**
 * The same Ceph, but the small questions that recipes ask again and again, and the renames for which servers stand
 * still, go to a process that stays connected: a few milliseconds instead of a tenth of a second of processor for each
 * `rbd`. Where that process is missing or fails, `rbd` is asked.
 */
export function connectedCeph(settings: CephSettings): ConnectedCeph {
  const ceph = createCeph(settings);
  const librbd = openLibrbd(settings);
  let missing = false;
  const words = ({ pool, image }: ImageRef): string[] => [poolArgument(pool), rbdName(image)];

  /** Undefined: no process was there to be asked. */
  const asked = async (...question: Question): Promise<{ answer: unknown } | undefined> => {
    if (missing) return undefined;
    try {
      return { answer: await librbd.ask(...question) };
    } catch (error) {
      missing ||= isMissing(error);
      if (missing) return undefined;
      throw error;
    }
  };
  /** For acts that must not be repeated: where it is unknown whether the act was done, nobody else is told to do it. */
  const act = async (question: Question, byRbd: () => Promise<void>): Promise<void> => {
    const said = await asked(...question).catch((error) => {
      throw rbdError(error);
    });
    if (!said) await byRbd();
  };
  /** For questions that may be asked twice. */
  const look = async <T>(
    verb: string,
    question: string[],
    from: (answer: unknown) => T,
    byRbd: () => Promise<T>,
  ): Promise<T> => {
    const said = await asked(verb, ...question).catch((error) => {
      const meant = rbdError(error);
      if (error instanceof LibrbdError || hasCode(meant, 'ceph.timeout')) throw meant;
      return undefined;
    });
    return said ? from(said.answer) : byRbd();
  };
  const absent = (error: unknown): undefined => {
    if (!hasCode(error, 'ceph.not-found')) throw error;
  };
  return {
    ceph: {
      ...ceph,
      imageInfo: async (ref) => look('info', words(ref), imageInfoFrom, () => ceph.imageInfo(ref)).catch(absent),
      watchers: async (ref) =>
        (await look('status', words(ref), watchersFrom, () => ceph.watchers(ref)).catch(absent)) ?? [],
      listSnaps: async (ref) => look('snap ls', words(ref), snapsFrom, () => ceph.listSnaps(ref)),
      listTrash: async (pool) => look('trash ls', [poolArgument(pool)], trashFrom, () => ceph.listTrash(pool)),
      renameImage: async (from, toImage) =>
        act(['mv', ...words(from), rbdName(toImage)], () => ceph.renameImage(from, toImage)),
      prepareMigration: async (ref, source) => {
        const config = { [PARALLEL]: String(source.objectsInParallel) };
        const like = source.like ? [rbdName(source.like.image)] : [];
        const question: Question = ['migration prepare', ...words(ref), sourceSpec(source.url), config, ...like];
        await act(question, () => ceph.prepareMigration(ref, source));
      },
    },
    close: librbd.close,
  };
}

import { fileURLToPath } from 'node:url';
import { rbdName } from '../../../domain/names.ts';
import type { ImageRef } from '../../../domain/points/disk.ts';
import type { ReadySnaps } from '../../../ports/ceph.ts';
import { startDialogue } from '../../system/dialogue.ts';
import type { CephSettings } from '../ceph-settings.ts';
import { poolArgument } from '../rbd/rbd-arguments.ts';
import { rbdError } from '../rbd/rbd-errors.ts';
import { quickLimitMs } from '../rbd/run-rbd.ts';
import { PYTHON } from './python.ts';

const SCRIPT = fileURLToPath(new URL('snap-together.py', import.meta.url));
const MOST_ANSWER_CHARS = 1_000;
/** Ceph notices after 30 s that a client has died (`osd_client_watch_timeout`). */
const PATIENCE_SECONDS = 40;
/**
 * Time for closing the images and releasing their watches. If the process is killed meanwhile, Ceph keeps its watches
 * for just as long.
 */
const CLOSE_LIMIT_MS = 30_000;

/**
 * A process with Ceph's own library that is connected and has the images open, so that a snap costs only what the
 * cluster needs: half of what `rbd snap create` takes, a third when there are several at once. Nova's hosts have the
 * library, since Nova uses it. The process is ready when everybody who has the images open answers: a snap waits for
 * clients that died and are not yet timed out, up to 30 s. @throws RewindError `ceph.*`; `ceph.unavailable` also where
 * it is missing, `ceph.timeout` (retry) where somebody never answers
 */
export async function readySnaps(
  settings: CephSettings,
  images: readonly ImageRef[],
  snap: string,
): Promise<ReadySnaps> {
  const { conf, user, opTimeoutSeconds, python = PYTHON } = settings;
  const places = images.flatMap(({ pool, image }) => [poolArgument(pool), rbdName(image)]);
  // -I: nothing of the environment or of the working directory reaches it.
  const limits = [String(opTimeoutSeconds), String(PATIENCE_SECONDS)];
  const args = ['-I', SCRIPT, conf, user, ...limits, rbdName(snap), ...places];
  const dialogue = startDialogue({ file: python, args, maxAnswerChars: MOST_ANSWER_CHARS });
  const hears = async (lines: string[], word: string, limitMs: number): Promise<void> => {
    const said = (stdout: string) => (stdout.includes(`${word}\n`) ? true : undefined);
    await dialogue.ask(lines, said, limitMs).catch((error) => {
      throw rbdError(error);
    });
  };
  const drop = () => dialogue.end(CLOSE_LIMIT_MS);
  try {
    await hears([], 'ready', quickLimitMs(settings) + PATIENCE_SECONDS * 1_000);
  } catch (error) {
    await drop();
    throw error;
  }
  return { take: () => hears(['snap'], 'done', quickLimitMs(settings)), drop };
}

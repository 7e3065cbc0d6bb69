import { asRewindError } from '../domain/errors.ts';
import type { Clock, Log } from '../ports/system.ts';

export interface Looking {
  clock: Pick<Clock, 'sleep'>;
  log: Log;
  shutdown: AbortSignal;
}

const TOLD_AGAIN_MS = 60_000;

/**
 * Until `shutdown`: looks, and again after each pause. A look that fails is told, once and then each minute; so is the first
 * that succeeds again.
 */
export async function lookEvery(
  { clock, log, shutdown }: Looking,
  { everyMs, after }: { everyMs: number; after: string },
  look: () => Promise<unknown>,
): Promise<void> {
  const toldEach = Math.ceil(TOLD_AGAIN_MS / everyMs);
  let failed = 0;
  while (!shutdown.aborted) {
    try {
      await look();
      if (failed > 0) log.info(`looks after ${after} again`, { failed });
      failed = 0;
    } catch (error) {
      if (failed % toldEach === 0 && !shutdown.aborted)
        log.warn(`could not look after ${after}, trying again`, { failed: failed + 1, err: asRewindError(error) });
      failed += 1;
    }
    await clock.sleep(everyMs, shutdown).catch(() => undefined);
  }
}

/** One after the other, until `shutdown`. One that fails is told, with what `told` says of it, and keeps no other waiting. */
export async function eachByItself<T>(
  { log, shutdown }: Pick<Looking, 'log' | 'shutdown'>,
  items: Iterable<T> | AsyncIterable<T>,
  told: (item: T) => { trouble: string } & Record<string, unknown>,
  act: (item: T) => Promise<unknown>,
): Promise<void> {
  for await (const item of items) {
    if (shutdown.aborted) return;
    try {
      await act(item);
    } catch (error) {
      const { trouble, ...fields } = told(item);
      if (!shutdown.aborted) log.warn(trouble, { ...fields, err: asRewindError(error) });
    }
  }
}

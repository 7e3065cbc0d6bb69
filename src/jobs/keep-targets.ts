import { asRewindError } from '../domain/errors.ts';
import type { Clock, Log } from '../ports/system.ts';
import type { Targets } from '../ports/target.ts';

const LOOK_EVERY_MS = 60_000;
const SWEEP_EVERY_LOOKS = 60;
/** Longer than any write may take: what is older was left by a killed writer. */
const LEFT_BEHIND_MS = 48 * 3_600_000;

export interface KeepTargetsParts {
  targets: Targets;
  clock: Clock;
  log: Log;
  /** Marks a new target; resolves false while it cannot be reached. */
  mark(name: string): Promise<boolean>;
}

/** Until `shutdown`: marks targets that were away when the worker started, and sweeps what killed writers left. */
export async function keepTargets(
  { targets, clock, log, mark }: KeepTargetsParts,
  shutdown: AbortSignal,
): Promise<void> {
  const unmarked = new Set(targets.names);
  for (let look = 0; !shutdown.aborted; look += 1) {
    for (const name of unmarked) if (await mark(name)) unmarked.delete(name);
    if (look % SWEEP_EVERY_LOOKS === 0) {
      for (const name of targets.names) {
        if (unmarked.has(name)) continue;
        try {
          const swept = await targets.get(name).sweepTemporary(LEFT_BEHIND_MS);
          if (swept > 0) log.info('swept what killed writers left', { target: name, files: swept });
        } catch (error) {
          log.warn('a target could not be swept', { target: name, err: asRewindError(error) });
        }
      }
    }
    await clock.sleep(LOOK_EVERY_MS, shutdown).catch(() => undefined);
  }
}

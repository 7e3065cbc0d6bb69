import type { RunRef } from '../../../archive/manifests/manifest.ts';
import { runBytes } from '../../../archive/runs/copy-run.ts';
import { verifyRun } from '../../../archive/runs/verify-run.ts';
import { RewindError } from '../../../domain/errors.ts';
import { saysBad } from '../../../domain/points/backup.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import { throttled } from '../../lookups/throttle.ts';
import type { RecipeStep, World } from '../../world.ts';

export interface LostRun {
  run: RunRef;
  /** Name of a target that has the same run, undamaged. */
  from: string;
}

/**
 * Replaces a bad run by the same one from another target: it is byte by byte what the bad one was, as its hash in the
 * manifest proves, and so good for all backups that need it. Checks the other one once more before the bad one goes.
 */
export const bringBack: RecipeStep<LostRun & { to: string }, null> = {
  name: 'bring-back',
  async find(context, { run, to }) {
    return (await isWhole(context, to, run)) ? null : undefined;
  },
  async act(context, { run, from, to }) {
    const { world, signal } = context;
    const [source, target] = [world.targets.get(from), world.targets.get(to)];
    await verifyRun(source, run, world.keys, undefined, signal);
    await context.proveLease();
    await target.remove(run.object);
    context.boundary('removed');
    const bytes = throttled(runBytes(source, run), world.settings.maxBytesPerSecond, world.clock, signal);
    await target.put(run.object, bytes, signal);
    await verifyRun(target, run, world.keys, undefined, signal);
    return null;
  },
};

/** Where else these runs are, undamaged; undefined unless all of them are. */
export async function foundElsewhere(
  context: StepContext<World>,
  home: string,
  runs: readonly RunRef[],
): Promise<LostRun[] | undefined> {
  const found: LostRun[] = [];
  for (const run of runs) {
    let from: string | undefined;
    for (const name of context.world.targets.names) {
      if (name !== home && from === undefined && (await isThere(context, name, run))) from = name;
    }
    if (from === undefined) return undefined;
    found.push({ run, from });
  }
  return found;
}

/** Rejects only with errors that say nothing about the run. */
export async function isWhole({ world, signal }: StepContext<World>, name: string, run: RunRef): Promise<boolean> {
  try {
    await verifyRun(world.targets.get(name), run, world.keys, undefined, signal);
    return true;
  } catch (error) {
    if (error instanceof RewindError && saysBad(error.code)) return false;
    throw error;
  }
}

/** Another target that is away has nothing for us. */
async function isThere(context: StepContext<World>, name: string, run: RunRef): Promise<boolean> {
  try {
    const size = await context.world.targets.get(name).size(run.object);
    return size === run.stored_bytes && (await isWhole(context, name, run));
  } catch (error) {
    if (error instanceof RewindError && error.code.startsWith('vm-backup.target.')) return false;
    throw error;
  }
}

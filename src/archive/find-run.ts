import type { KeyRing } from '../ports/keys.ts';
import type { Target } from '../ports/target.ts';
import { type OpenRun, openBySize } from './open-run.ts';

/**
 * What a worker that was killed may have left: a run that is there is complete, since objects appear in whole or
 * not at all. Undefined when absent; rejects with `archive.damaged` when it is not what a writer leaves.
 */
export async function findRun(target: Target, object: string, keys: KeyRing): Promise<OpenRun | undefined> {
  const size = await target.size(object);
  return size === undefined ? undefined : openBySize(target, object, size, keys);
}

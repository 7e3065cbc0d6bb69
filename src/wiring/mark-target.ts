import { ensureTargetInfo, readTargetInfo } from '../archive/manifests/target-info.ts';
import { asRewindError, hasCode, RewindError } from '../domain/errors.ts';
import type { Catalogue } from '../ports/stores/catalogue.ts';
import type { Ids, Log } from '../ports/system.ts';
import type { Targets } from '../ports/target.ts';

interface Parts {
  targets: Targets;
  catalogue: Catalogue;
  manifestKey: Uint8Array;
  ids: Ids;
  log: Log;
}

/**
 * Marks a new target. If the catalogue has backups on it, it must have its mark already: without the mark the file
 * system is not mounted, and an empty directory must not be taken for the target. False: it is away now, which does not
 * keep the worker from serving the others. Rejects with `target.foreign` when the mark was made with another key: with
 * our key every good backup would look damaged.
 */
export async function markTarget({ targets, catalogue, manifestKey, ids, log }: Parts, name: string): Promise<boolean> {
  const target = targets.get(name);
  try {
    if (!(await hasBackups(catalogue, name))) await ensureTargetInfo(target, manifestKey, () => ids.uuid());
    else if (!(await readTargetInfo(target, manifestKey))) {
      throw new RewindError('target.not-mounted');
    }
    return true;
  } catch (error) {
    if (hasCode(error, 'archive.damaged')) throw foreign(name, error);
    log.error('a target cannot be used', { target: name, err: asRewindError(error) });
    return false;
  }
}

const foreign = (name: string, cause: unknown): RewindError =>
  new RewindError('target.foreign', `The mark of target ${name} was made with another manifest key, or is damaged.`, {
    cause,
  });

async function hasBackups(catalogue: Catalogue, target: string): Promise<boolean> {
  const filters = [
    { field: 'target', op: 'eq' as const, values: [target] },
    { field: 'status', op: 'eq' as const, values: ['available'] },
  ];
  return (await catalogue.countBackups({ projectId: null, filters, sort: [], limit: 1, marker: null })) > 0;
}

import { ensureTargetInfo, readTargetInfo } from '../archive/target-info.ts';
import { asRewindError, RewindError } from '../domain/errors.ts';
import type { Catalogue } from '../ports/stores.ts';
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
 * Marks new targets. One that the catalogue knows backups on must have its mark already: without it the file system
 * is not mounted, and an empty directory must not be taken for the target. A target that is away now does not
 * keep the worker from serving the others.
 */
export async function markTargets({ targets, catalogue, manifestKey, ids, log }: Parts): Promise<void> {
  for (const name of targets.names) {
    const target = targets.get(name);
    try {
      if (!(await hasBackups(catalogue, name))) await ensureTargetInfo(target, manifestKey, () => ids.uuid());
      else if (!(await readTargetInfo(target, manifestKey))) {
        throw new RewindError(
          'target.not-mounted',
          'The target holds backups but its mark is missing: it is not mounted.',
          { fault: 'errored' },
        );
      }
    } catch (error) {
      log.error('a target cannot be used', { target: name, err: asRewindError(error) });
    }
  }
}

async function hasBackups(catalogue: Catalogue, target: string): Promise<boolean> {
  const filters = [
    { field: 'target', op: 'eq' as const, values: [target] },
    { field: 'status', op: 'eq' as const, values: ['available'] },
  ];
  return (await catalogue.countBackups({ projectId: null, filters, sort: [], limit: 1, marker: null })) > 0;
}

import { memoryRefusals } from '../../domain/rules/volume-rules.ts';
import { asConflict, type Conflict, conflict } from '../shared/conflict.ts';
import type { DiskPlan } from './plan-disks-in-place.ts';
import type { RestorablePoint } from './restorable-point.ts';
import type { RestoreRequest } from './restore-request.ts';

interface Seen {
  disks: readonly DiskPlan[];
  untouched: readonly string[];
}

/**
 * Whether a server goes on from the memory of the snapshot. That is the default if there is any: whoever saved it
 * wanted it. If it is impossible, that is a conflict, since a reboot instead would not be what was requested.
 */
export function planMemory(
  { memory, start, disks: chosen }: Pick<RestoreRequest, 'memory' | 'start' | 'disks'>,
  point: RestorablePoint,
  { disks, untouched }: Seen,
): { memory: boolean; conflicts: Conflict[] } {
  const wanted = memory ?? (point.memory && chosen === null && start !== false);
  if (!wanted) return { memory: false, conflicts: [] };
  const hint = 'Restore without memory: memory false.';
  const conflicts: Conflict[] = [];
  if (!point.memory) conflicts.push(conflict('memory.none', `There is no memory in this ${point.type}.`, hint));
  if (start === false)
    conflicts.push(conflict('request.invalid', 'A server that goes on from its memory is running.', hint));
  if (disks.length !== point.disks.length)
    conflicts.push(conflict('request.invalid', 'With memory all disks go back.', hint));
  const sameDisks = untouched.length === 0 && disks.every((disk) => disk.action === 'replace');
  conflicts.push(...memoryRefusals(sameDisks).map(asConflict));
  return { memory: true, conflicts };
}

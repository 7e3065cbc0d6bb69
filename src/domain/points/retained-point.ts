import { fullCode } from '../errors.ts';
import type { Backup } from './backup.ts';
import type { RetainedPoint } from './retention.ts';

/** A check found it bad, or cannot find it any more: it was a point once. */
const DAMAGED: readonly (string | null)[] = [fullCode('archive.damaged'), fullCode('archive.missing')];

/** What retention needs to know about a backup. */
export type PolicyPoint = Pick<
  Backup,
  'id' | 'server_id' | 'target' | 'planned_at' | 'created_at' | 'status' | 'fail_code' | 'protected' | 'stored_bytes'
>;

/** A policy's backup as retention sees it: it counts for the time for which it was planned. */
export function retainedPointOf(backup: PolicyPoint): RetainedPoint {
  return {
    id: backup.id,
    atMs: Date.parse(backup.planned_at ?? backup.created_at),
    state: stateOf(backup),
    protected: backup.protected,
  };
}

function stateOf({ status, fail_code }: PolicyPoint): RetainedPoint['state'] {
  if (status === 'available') return 'good';
  if (status !== 'error' && status !== 'cancelled') return 'moving';
  return DAMAGED.includes(fail_code) ? 'bad' : 'failed';
}

import type { PolicyPoint } from '../../domain/points/retained-point.ts';
import { retentionRemoves } from '../../domain/points/retention-removes.ts';
import type { BackupPolicy } from '../../domain/policies/backup-policy.ts';

/** What a policy's retention will remove now. */
export interface RetentionImpact {
  backups: number;
  stored_bytes: number;
  /** The newest of them. */
  backup_ids: string[];
}

/** Number of a policy's backups that one request looks at. */
export const MOST_POINTS = 5_000;
const MOST_TOLD = 100;

/** A disabled policy removes nothing. */
export function retentionImpact(policy: BackupPolicy, points: readonly PolicyPoint[], nowMs: number): RetentionImpact {
  const going = policy.enabled ? retentionRemoves(policy, points, nowMs) : [];
  return {
    backups: going.length,
    stored_bytes: going.reduce((sum, point) => sum + (point.stored_bytes ?? 0), 0),
    backup_ids: going.slice(0, MOST_TOLD).map((point) => point.id),
  };
}

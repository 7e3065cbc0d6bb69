import { RewindError } from '../errors.ts';

/** What a project may have; -1: no limit. */
export interface Limits {
  /** Number of backups and snapshots, including those that are being made. */
  points: number;
  /** Bytes that the project's backups take on targets. */
  bytes: number;
  /** Bytes of the disks of its snapshots, and of the memory saved with them: the most that they can take in Ceph. */
  snapshot_bytes: number;
  /** Number of operations that have not ended. */
  operations: number;
}

export type QuotaResource = keyof Limits;

export const NO_LIMIT = -1;

export const isReached = (limit: number, used: number): boolean => limit !== NO_LIMIT && used >= limit;

const WORDS: Record<QuotaResource, [what: string, hint: string]> = {
  points: ['backups and snapshots', 'Delete some, or ask for more quota.'],
  bytes: ['bytes on targets', 'Delete backups, or ask for more quota.'],
  snapshot_bytes: ['bytes in snapshots', 'Delete snapshots, or ask for more quota.'],
  operations: ['open operations', 'Wait until one of them has finished.'],
};

export const quotaCode = (resource: QuotaResource) =>
  `quota.${resource === 'snapshot_bytes' ? 'snapshot-bytes' : resource}` as const;

/** `quota.points`, `quota.bytes`, `quota.snapshot-bytes`, `quota.operations` (403). */
export function overQuota(resource: QuotaResource, limit: number, otherHint?: string): RewindError {
  const [what, usual] = WORDS[resource];
  const hint = otherHint ?? usual;
  const detail = `The project has used its quota of ${limit} ${what}.`;
  return new RewindError(quotaCode(resource), detail, { hint });
}

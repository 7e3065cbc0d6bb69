/** What a project may have; -1: no limit. */
export interface Limits {
  /** Backups and snapshots, also those being made. */
  points: number;
  /** That the project's backups take on targets. */
  bytes: number;
  /** Operations that are not finished. */
  operations: number;
}

export type QuotaResource = keyof Limits;

export const NO_LIMIT = -1;

export const isReached = (limit: number, used: number): boolean => limit !== NO_LIMIT && used >= limit;

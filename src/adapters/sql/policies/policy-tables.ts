import type { MESSAGE } from '../../../domain/message.ts';
import type { POLICY, POLICY_RUN } from '../../../domain/policies/backup-policy.ts';
import type { RowOf } from '../database/row-codec.ts';

/** Rows for policies, quotas and messages; forms as in tables.ts. */

export type PolicyRow = RowOf<typeof POLICY>;
export type PolicyRunRow = RowOf<typeof POLICY_RUN>;
export type MessageRow = RowOf<typeof MESSAGE>;

export interface OldTrustRow {
  trust_id: string;
  created_at: string;
}

export interface TurnRow {
  name: string;
  holder: string;
  /** Rises with every sign of life of the holder. */
  beat: number;
  /** JSON: what the holder wants others to know. */
  report: string;
}

export interface QuotaRow {
  project_id: string;
  resource: string;
  /** -1: no limit. */
  most: number;
}

export interface QuotaTurnRow {
  project_id: string;
  taken: number;
}

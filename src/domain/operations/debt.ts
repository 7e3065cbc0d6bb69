/**
 * What a debt is about. Each kind has one procedure that pays it (`src/maintenance/debts/pay-debts.ts`); a kind that this release does
 * not know stays until one comes that does.
 */
export type DebtKind =
  /** An image in Ceph: `{ pool, image_id }`; with all snaps of ours. */
  | 'remove-image'
  /** A snap of ours on an image: `{ pool, image_id, snap }`. */
  | 'remove-snap'
  /** An image that reads from one of ours or a tenant's old disk: `{ pool, image_id }` of the reader. */
  | 'flatten-image'
  /** Memory of a snapshot: `{ pool, image }`. */
  | 'remove-memory'
  /**
   * A lock of ours on a server: `{ server_id, reason }`, with what the undo did not come to: `start`, and volumes to
   * `attach`. `late`: it may not be there yet.
   */
  | 'unlock-server'
  /** A volume that stands at `maintenance` because of us: `{ volume_id }`, `late` as above. */
  | 'volume-status'
  /** A port that we set down: `{ id }`. */
  | 'open-port'
  /**
   * Made by us: `{ id, server_ids, volume_ids }` with the others that the operation made, and (a server)
   * the `reason` of our lock. Without an id: it was asked for
   * at `asked_at` and there was no answer; `metadata` or `description` are the marks it would carry, `keep` is not it.
   */
  | 'remove-volume'
  | 'remove-server'
  | 'remove-port'
  | 'remove-security-group'
  /** Lent to a server that was being made: `{ name }`. */
  | 'remove-keypair';

/** Something that could not be cleaned up when its operation ended. Maintenance pays it; until then it is shown. */
export interface Debt {
  kind: DebtKind;
  /** Which object, by ids that no rename changes: `snapshots/5e7f…`. With the kind, the debt's name. */
  subject: string;
  /** JSON; what the payer needs to find the object again. No secrets. */
  details: unknown;
  /** Whose it was, and what left it behind; null: nobody knows. */
  project_id: string | null;
  operation_id: string | null;
  /** Why it could not be done at the last try; never the text of an outside error. */
  code: string;
  reason: string;
  /** ISO 8601 in UTC. */
  since: string;
  tries: number;
  tried_at: string | null;
  /** Not before. */
  next_try_at: string;
}

export type NewDebt = Pick<Debt, 'kind' | 'subject' | 'details' | 'project_id' | 'operation_id' | 'code' | 'reason'>;

export interface DebtSummary {
  kind: DebtKind;
  count: number;
  /** ISO 8601 in UTC. */
  oldest: string;
}

const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 6 * 3_600_000;

/** How long a debt is left alone after so many tries that failed. Milliseconds. */
export const debtPauseMs = (tries: number): number =>
  Math.min(FIRST_PAUSE_MS * 2 ** Math.min(Math.max(tries - 1, 0), 20), LONGEST_PAUSE_MS);

/**
 * The kinds of debts. Each has one procedure that pays it (`src/maintenance/debts/pay-debts.ts`); a debt whose kind
 * this release does not know stays until a release comes that knows it.
 */
export type DebtKind =
  /** An image in Ceph, with all snaps of ours: `{ pool, image_id }`. */
  | 'remove-image'
  /** A snap of ours on an image: `{ pool, image_id, snap }`. */
  | 'remove-snap'
  /** An image that reads from one of ours or from a tenant's old disk: `{ pool, image_id }` of the reader. */
  | 'flatten-image'
  /** Memory of a snapshot: `{ pool, image }`. */
  | 'remove-memory'
  /**
   * A lock of ours on a server: `{ server_id, reason }`, with what the undo did not reach: `start`, and volumes to
   * `attach`. `late`: it may not be there yet.
   */
  | 'unlock-server'
  /** A volume that is at `maintenance` because of us: `{ volume_id }`, `late` as above. */
  | 'volume-status'
  /** A port that we set down: `{ id }`. */
  | 'open-port'
  /**
   * Something that we made: `{ id, server_ids, volume_ids }` with the others that the operation made, and for a server
   * the `reason` of our lock. Without an id: it was requested at `asked_at` and there was no answer; `metadata` or
   * `description` are the marks that it would carry, and `keep` is not it.
   */
  | 'remove-volume'
  | 'remove-server'
  | 'remove-port'
  | 'remove-security-group'
  /** A key pair that was lent to a server while that was made: `{ name }`. */
  | 'remove-keypair';

/** Something that could not be cleaned up when its operation ended. Maintenance pays it; until then it is shown. */
export interface Debt {
  kind: DebtKind;
  /** The object, by ids that no rename changes: `snapshots/5e7f…`. Together with the kind it identifies the debt. */
  subject: string;
  /** JSON; what its payment needs to find the object again. No secrets. */
  details: unknown;
  /** Its project, and the operation that left it behind; null: unknown. */
  project_id: string | null;
  operation_id: string | null;
  /** Why the last try failed; never the text of an outside error. */
  code: string;
  reason: string;
  /** ISO 8601 in UTC. */
  since: string;
  tries: number;
  tried_at: string | null;
  /** The earliest time of the next try. */
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

/** How long a debt is left alone after this many failed tries. Milliseconds. */
export const debtPauseMs = (tries: number): number =>
  Math.min(FIRST_PAUSE_MS * 2 ** Math.min(Math.max(tries - 1, 0), 20), LONGEST_PAUSE_MS);

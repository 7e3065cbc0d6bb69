import type { Hold } from '../../domain/operations/holds.ts';
import type { ListedOperation, Operation, ShownStep } from '../../domain/operations/operation.ts';
import type { Limits } from '../../domain/operations/quota.ts';
import type { Backup } from '../../domain/points/backup.ts';
import type { Restore } from '../../domain/points/restore.ts';
import type { Snapshot } from '../../domain/points/snapshot.ts';
import type { ListQuery } from './list-query.ts';

/** What one accepted request records, in one transaction. */
export interface NewOperation {
  operation: Operation;
  backup?: Backup;
  restore?: Restore;
  snapshot?: Snapshot;
  /**
   * The new status of an existing point. `deleting`: only if it is not protected, not being made, and not being deleted
   * already, otherwise `vm-backup.<point>.protected`, `vm-backup.<point>.busy` (409).
   */
  backupChange?: { id: string; change: Partial<Backup> };
  /** `expiredAt`: only if it had expired at this instant, otherwise `vm-backup.snapshot.kept` (409). */
  snapshotChange?: { id: string; change: Partial<Snapshot>; expiredAt?: string };
  /** The project's limits; absent: Rewind itself does it. Reached: `vm-backup.quota.<resource>` (403). */
  limits?: Limits;
  /** The policy's run that this operation is. Begun already: `vm-backup.policy-run.taken` (409). */
  policyRun?: { id: string; places: string[] };
  /**
   * What it holds until it has ended, see `holdsOf`. If another operation excludes that: `vm-backup.server.busy` (409).
   */
  holds: Hold[];
}

export interface Operations {
  record(entry: NewOperation): Promise<void>;
  /** Removes what `record` wrote, when the operation could not be queued and no worker has begun it. */
  forget(operationId: string): Promise<boolean>;
  operation(id: string, projectId: string | null): Promise<Operation | undefined>;
  list(query: ListQuery): Promise<ListedOperation[]>;
  count(query: ListQuery): Promise<number>;
  /** Leaves out what only the recipe needs: a journal can be long. */
  steps(operationId: string): Promise<ShownStep[]>;
  /** The oldest open operation that holds a thing, exclusively or not. */
  holderOf(thing: string): Promise<string | undefined>;
  /** The open operation because of which these holds would be refused now. */
  inTheWay(holds: readonly Hold[]): Promise<Operation | undefined>;
  requestCancel(id: string): Promise<void>;
  /**
   * Removes some operations that ended before this, with their journals; what they made stays. Resolves to the number
   * removed, at most `most`.
   */
  prune(endedBefore: string, most: number): Promise<number>;
  /** Number of a project's open operations, for limits. */
  countOpen(projectId: string): Promise<number>;
}

/** Which operations have a record of what they leave in Nova, Cinder and Neutron: `finish` writes it. */
export interface LeftBehind {
  /** Ids of open operations that make or hold such things, the oldest first. */
  open(most: number): Promise<string[]>;
  /**
   * Ids of operations that failed or were cancelled without such a record, because an earlier release ended them. The
   * oldest first.
   */
  untold(most: number): Promise<string[]>;
  /** From now on they count as recorded. */
  told(ids: readonly string[]): Promise<void>;
}

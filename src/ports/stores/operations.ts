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
   * Status that an existing point takes. `deleting`: only if it is not protected, not being made, and not going already, else
   * `vm-backup.<point>.protected`, `vm-backup.<point>.busy` (409).
   */
  backupChange?: { id: string; change: Partial<Backup> };
  /** `expiredAt`: only if its time was over at this instant, else `vm-backup.snapshot.kept` (409). */
  snapshotChange?: { id: string; change: Partial<Snapshot>; expiredAt?: string };
  /** What the project may have; absent: Rewind itself does it. Reached: `vm-backup.quota.<resource>` (403). */
  limits?: Limits;
  /** The run of a policy that this is. Begun already: `vm-backup.policy-run.taken` (409). */
  policyRun?: { id: string; places: string[] };
  /** What it holds until it has ended, see `holdsOf`. Held by another in a way that excludes: `vm-backup.server.busy` (409). */
  holds: Hold[];
}

export interface Operations {
  record(entry: NewOperation): Promise<void>;
  /** Takes back what `record` wrote, when the operation could not be queued and no worker has begun it. */
  forget(operationId: string): Promise<boolean>;
  operation(id: string, projectId: string | null): Promise<Operation | undefined>;
  list(query: ListQuery): Promise<ListedOperation[]>;
  count(query: ListQuery): Promise<number>;
  /** Without what only the recipe needs: a journal can be long. */
  steps(operationId: string): Promise<ShownStep[]>;
  /** An open operation that holds a thing, in whatever way: the oldest of them. */
  holderOf(thing: string): Promise<string | undefined>;
  /** The open operation for which these holds would be refused now. */
  inTheWay(holds: readonly Hold[]): Promise<Operation | undefined>;
  requestCancel(id: string): Promise<void>;
  /** Removes some that ended before, with their journals; what they made stays. Gives how many went, at most `most`. */
  prune(endedBefore: string, most: number): Promise<number>;
  /** Open operations per project, for caps. */
  countOpen(projectId: string): Promise<number>;
}

/** Operations by whether anybody wrote down what they leave in Nova, Cinder and Neutron: `finish` does. */
export interface LeftBehind {
  /** Ids of open operations that make or hold such things, the oldest first. */
  open(most: number): Promise<string[]>;
  /** Ids of those that ended, as failed or cancelled, without it: an earlier release ended them. The oldest first. */
  untold(most: number): Promise<string[]>;
  /** From now on it counts as written down. */
  told(ids: readonly string[]): Promise<void>;
}

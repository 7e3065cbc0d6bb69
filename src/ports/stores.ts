import type { Hold } from '../domain/operations/holds.ts';
import type { HostRequest } from '../domain/operations/host-request.ts';
import type {
  JournalEntry,
  ListedOperation,
  Operation,
  OperationFailure,
  ShownStep,
} from '../domain/operations/operation.ts';
import type { Limits } from '../domain/operations/quota.ts';
import type { Backup } from '../domain/points/backup.ts';
import type { RecordedServer } from '../domain/points/recorded-server.ts';
import type { Restore } from '../domain/points/restore.ts';
import type { PolicyPoint } from '../domain/points/retained-point.ts';
import type { ListedSnapshot, Snapshot } from '../domain/points/snapshot.ts';

/** Paging: rows after `marker` in the order asked for; ties broken by id. */
export interface ListQuery {
  projectId: string | null;
  filters: {
    field: string;
    op: 'eq' | 'neq' | 'in' | 'nin' | 'gt' | 'gte' | 'lt' | 'lte';
    values: string[];
    /** In `in` and `nin`: what goes on behind a value and a dot counts as that value. Of codes. */
    exacter?: boolean;
  }[];
  sort: { field: string; descending: boolean }[];
  limit: number;
  marker: string | null;
  /** A page ends before it has more than this many bytes of its long columns, behind one row at least. */
  mostBytes?: number;
}

/** Rejects with `vm-backup.marker.unknown` (400) when the marker names nothing of this project. */
export interface Catalogue extends SnapshotCatalogue {
  backup(id: string, projectId: string | null): Promise<Backup | undefined>;
  listBackups(query: ListQuery): Promise<Backup[]>;
  countBackups(query: ListQuery): Promise<number>;
  /** What a policy made, of all servers or of one, newest first; at most `most`. Only what retention looks at. */
  pointsOfPolicy(of: { policyId: string; projectId: string; serverId?: string }, most: number): Promise<PolicyPoint[]>;
  /** All of one server, any status, newest first. */
  backupsOfServer(serverId: string, projectId: string): Promise<Backup[]>;
  updateBackup(id: string, change: Partial<Backup>): Promise<void>;
  /** False, and nothing is changed: it is being deleted. */
  keepBackup(id: string, change: Partial<Backup>): Promise<boolean>;
  removeBackup(id: string): Promise<void>;
  /** Insert or replace: how the catalogue is rebuilt from manifests. */
  putBackup(backup: Backup): Promise<void>;
  /**
   * Backups that lie on a target come in with all that belongs to them, many in one transaction. Returns the ids of those
   * that were not there; of the others the row stays as it is, as it may have been renamed.
   */
  adoptPoints(points: readonly AdoptedPoint[]): Promise<Set<string>>;
  /** The server of a recovery point as it was, for planning a new one; goes with the point. Insert or replace. */
  recordServer(pointId: string, projectId: string, server: RecordedServer): Promise<void>;
  recordedServer(pointId: string, projectId: string): Promise<RecordedServer | undefined>;
  restore(id: string, projectId: string | null): Promise<Restore | undefined>;
  listRestores(query: ListQuery): Promise<Restore[]>;
  countRestores(query: ListQuery): Promise<number>;
  updateRestore(id: string, change: Partial<Restore>): Promise<void>;
}

export interface AdoptedPoint {
  backup: Backup;
  /** The manifest as it lies on the target. */
  sealed: string;
  server: RecordedServer;
}

/** Snapshots form a tree for each server; its position is the one its content went on from last. */
export interface SnapshotCatalogue {
  snapshot(id: string, projectId: string | null): Promise<Snapshot | undefined>;
  listSnapshots(query: ListQuery): Promise<ListedSnapshot[]>;
  countSnapshots(query: ListQuery): Promise<number>;
  /** All of one server, any status, oldest first. */
  snapshotsOfServer(serverId: string, projectId: string): Promise<Snapshot[]>;
  updateSnapshot(id: string, change: Partial<Snapshot>): Promise<void>;
  /** False, and nothing is changed: it is being deleted. */
  keepSnapshot(id: string, change: Partial<Snapshot>): Promise<boolean>;
  /** Insert or replace. */
  putSnapshot(snapshot: Snapshot): Promise<void>;
  /** Its children become its parent's; a server that stands there stands at its parent then. Absent is fine. */
  removeSnapshot(id: string): Promise<void>;
  /** Null: what the server holds goes on from none. */
  position(serverId: string, projectId: string): Promise<string | null>;
  setPosition(serverId: string, projectId: string, snapshotId: string | null): Promise<void>;
}

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

/** What decides who claims it. */
export type SeenOperation = Pick<OpenOperation, 'id' | 'fence' | 'beat'> & Partial<OpenOperation>;

/** What a worker may see of the lease: who runs it and how often it beat. */
export interface OpenOperation {
  id: string;
  fence: number;
  beat: number;
  worker: string | null;
  projectId: string;
  /** Name of the recipe. */
  workflow: string;
  /** Milliseconds since 1970. */
  createdAtMs: number;
  /** It waits for the world: nobody need look before this instant. Milliseconds since 1970; null: at once. */
  lookAtMs: number | null;
}

/**
 * The journal and the fence. Every write carries the fence number under which the worker claimed the operation;
 * when a successor has claimed it, the write changes nothing and rejects with `vm-backup.workflow.fenced`.
 */
export interface Journal {
  openOperations(): Promise<OpenOperation[]>;
  /** Takes the operation over from what was seen; undefined when somebody else was faster. Returns the new fence. */
  claim(seen: SeenOperation, worker: string): Promise<number | undefined>;
  /**
   * Ends a lease at once, so that another worker need not wait. With `pauseMs` nobody need look before that has passed;
   * it is doubled with each release in a row without a step done, up to `longestMs`.
   */
  release(id: string, fence: number, pause?: { pauseMs: number; longestMs: number }): Promise<void>;
  load(id: string): Promise<{ operation: Operation; entries: JournalEntry[] }>;
  /** Proves the lease, writes progress, and says whether a cancel was asked for. */
  beat(
    id: string,
    fence: number,
    progress: { bytesDone: number; bytesTotal: number; percent: number; deadlineAt?: string },
  ): Promise<{ cancelRequested: boolean }>;
  /** Gives the mark that was drawn with the line; the first line of a key stays, and its mark. */
  intend(id: string, fence: number, key: string, input: unknown): Promise<string | null>;
  /** What a step that is not done is about to ask for. The newest stays. */
  note(id: string, fence: number, key: string, noted: unknown): Promise<void>;
  complete(id: string, fence: number, key: string, output: unknown): Promise<void>;
  markUndone(id: string, fence: number, key: string): Promise<void>;
  commit(id: string, fence: number): Promise<void>;
  beginUndo(id: string, fence: number, failure: OperationFailure): Promise<void>;
  /** Why it is not getting on, while it is still trying. Null when it does. */
  noteTrouble(id: string, fence: number, failure: OperationFailure | null): Promise<void>;
  /** Final state; frees the held servers in the same transaction. The resource is written to its row. */
  finish(id: string, fence: number, end: OperationEnd): Promise<void>;
}

export interface OperationEnd {
  status: 'succeeded' | 'failed' | 'cancelled';
  failure: OperationFailure | null;
  backup?: { id: string; change: Partial<Backup> } | { id: string; remove: true };
  restore?: { id: string; change: Partial<Restore> };
  snapshot?: { id: string; change: Partial<Snapshot> } | { id: string; remove: true };
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

/** What workers want of the agents of hosts. The queue only wakes agents; these rows are the truth. */
export interface HostRequests {
  ask(
    request: Pick<HostRequest, 'id' | 'operation_id' | 'fence' | 'host' | 'request' | 'expires_at' | 'seal'>,
  ): Promise<void>;
  read(id: string): Promise<HostRequest | undefined>;
  /** Ids of what waits for this host, the oldest first. */
  waiting(host: string): Promise<string[]>;
  /** Exactly one of all who take it gets it; undefined when it is taken, withdrawn, or its operation moved on. */
  take(id: string, host: string): Promise<HostRequest | undefined>;
  /** Ids of what waits or is being done for an operation. */
  openOf(operationId: string): Promise<string[]>;
  /** False: somebody has taken it. */
  withdraw(id: string): Promise<boolean>;
  /** Ids of what an agent of this host has taken and not ended. */
  takenOn(host: string): Promise<string[]>;
  /** The agent that took it is at it. */
  beat(id: string): Promise<void>;
  /** Changes nothing unless it was taken. `seal`: `sealOfAnswer`. */
  finish(
    id: string,
    end: ({ result: unknown } | { failure: HostRequest['failure'] }) & { seal: string },
  ): Promise<void>;
}

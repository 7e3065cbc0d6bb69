import type { Backup } from '../domain/backup.ts';
import type { HostRequest } from '../domain/host-request.ts';
import type { JournalEntry, Operation, OperationFailure } from '../domain/operation.ts';
import type { Restore } from '../domain/restore.ts';

/** Paging: rows after `marker` in the order asked for; ties broken by id. */
export interface ListQuery {
  projectId: string | null;
  filters: { field: string; op: 'eq' | 'neq' | 'in' | 'nin' | 'gt' | 'gte' | 'lt' | 'lte'; values: string[] }[];
  sort: { field: string; descending: boolean }[];
  limit: number;
  marker: string | null;
}

/** Rejects with `vm-backup.marker.unknown` (400) when the marker names nothing of this project. */
export interface Catalogue {
  backup(id: string, projectId: string | null): Promise<Backup | undefined>;
  listBackups(query: ListQuery): Promise<Backup[]>;
  countBackups(query: ListQuery): Promise<number>;
  /** All of one server, any status, newest first. */
  backupsOfServer(serverId: string, projectId: string): Promise<Backup[]>;
  updateBackup(id: string, change: Partial<Backup>): Promise<void>;
  removeBackup(id: string): Promise<void>;
  /** Insert or replace: how the catalogue is rebuilt from manifests. */
  putBackup(backup: Backup): Promise<void>;
  restore(id: string, projectId: string | null): Promise<Restore | undefined>;
  listRestores(query: ListQuery): Promise<Restore[]>;
  countRestores(query: ListQuery): Promise<number>;
  updateRestore(id: string, change: Partial<Restore>): Promise<void>;
}

/** What one accepted request records, in one transaction. */
export interface NewOperation {
  operation: Operation;
  backup?: Backup;
  restore?: Restore;
  /** Status that the resource of an existing backup takes (`deleting`). */
  backupChange?: { id: string; change: Partial<Backup> };
  /** Servers that no other operation may touch meanwhile. Taken: `vm-backup.server.busy` (409). */
  holdServers: string[];
}

export interface Operations {
  record(entry: NewOperation): Promise<void>;
  /** Takes back what `record` wrote, when the operation could not be queued and no worker has begun it. */
  forget(operationId: string): Promise<boolean>;
  operation(id: string, projectId: string | null): Promise<Operation | undefined>;
  list(query: ListQuery): Promise<Operation[]>;
  count(query: ListQuery): Promise<number>;
  steps(operationId: string): Promise<JournalEntry[]>;
  /** The operation that holds a server, if any. */
  holderOf(serverId: string): Promise<string | undefined>;
  requestCancel(id: string): Promise<void>;
  /** Open operations per project, for caps. */
  countOpen(projectId: string): Promise<number>;
}

/** What a worker may see of the lease: who runs it and how often it beat. */
export interface OpenOperation {
  id: string;
  fence: number;
  beat: number;
  worker: string | null;
}

/**
 * The journal and the fence. Every write carries the fence number under which the worker claimed the operation;
 * when a successor has claimed it, the write changes nothing and rejects with `vm-backup.workflow.fenced`.
 */
export interface Journal {
  openOperations(): Promise<OpenOperation[]>;
  /** Takes the operation over from what was seen; undefined when somebody else was faster. Returns the new fence. */
  claim(seen: OpenOperation, worker: string): Promise<number | undefined>;
  /** Ends a lease at once, so that another worker need not wait. */
  release(id: string, fence: number): Promise<void>;
  load(id: string): Promise<{ operation: Operation; entries: JournalEntry[] }>;
  /** Proves the lease, writes progress, and says whether a cancel was asked for. */
  beat(
    id: string,
    fence: number,
    progress: { bytesDone: number; bytesTotal: number; percent: number },
  ): Promise<{ cancelRequested: boolean }>;
  intend(id: string, fence: number, key: string, input: unknown): Promise<void>;
  complete(id: string, fence: number, key: string, output: unknown): Promise<void>;
  markUndone(id: string, fence: number, key: string): Promise<void>;
  commit(id: string, fence: number): Promise<void>;
  beginUndo(id: string, fence: number, failure: OperationFailure): Promise<void>;
  /** Why it is not getting on, while it is still trying. Null when it does. */
  noteTrouble(id: string, fence: number, failure: OperationFailure | null): Promise<void>;
  /** Final state; frees the held servers in the same transaction. `resource` is written to the backup or restore. */
  finish(id: string, fence: number, end: OperationEnd): Promise<void>;
}

export interface OperationEnd {
  status: 'succeeded' | 'failed' | 'cancelled';
  failure: OperationFailure | null;
  backup?: { id: string; change: Partial<Backup> } | { id: string; remove: true };
  restore?: { id: string; change: Partial<Restore> };
}

/** What workers want of the agents of hosts. The queue only wakes agents; these rows are the truth. */
export interface HostRequests {
  ask(request: Pick<HostRequest, 'id' | 'operation_id' | 'fence' | 'host' | 'request'>): Promise<void>;
  read(id: string): Promise<HostRequest | undefined>;
  /** Ids of what waits for this host, the oldest first. */
  waiting(host: string): Promise<string[]>;
  /** Exactly one of all who take it gets it; undefined when it is taken, withdrawn, or its operation moved on. */
  take(id: string, host: string): Promise<HostRequest | undefined>;
  /** False: somebody has taken it. */
  withdraw(id: string): Promise<boolean>;
  /** What an agent of this host took and never ended fails: it died. For an agent that starts. */
  abandonTaken(host: string, failure: HostRequest['failure']): Promise<void>;
  /** Changes nothing unless it was taken. */
  finish(id: string, end: { result: unknown } | { failure: HostRequest['failure'] }): Promise<void>;
}

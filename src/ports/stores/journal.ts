import type { JournalEntry, Operation, OperationFailure } from '../../domain/operations/operation.ts';
import type { Backup } from '../../domain/points/backup.ts';
import type { Restore } from '../../domain/points/restore.ts';
import type { Snapshot } from '../../domain/points/snapshot.ts';

/** The facts that decide which worker claims it. */
export type SeenOperation = Pick<OpenOperation, 'id' | 'fence' | 'beat'> & Partial<OpenOperation>;

/** What a worker may see of the lease: which worker runs the operation and how often it beat. */
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
  /**
   * The operation waits for an outside service: nobody needs to look before this instant. Milliseconds since 1970;
   * null: at once.
   */
  lookAtMs: number | null;
}

/**
 * The journal and the fence. Every write carries the fence number under which the worker claimed the operation; once a
 * successor has claimed it, the write changes nothing and rejects with `vm-backup.workflow.fenced`.
 */
export interface Journal {
  /** The earliest recorded come first. There may be more of them than one answer contains. */
  openOperations(): Promise<OpenOperation[]>;
  /** Undefined: it is not open. */
  openOperation(id: string): Promise<OpenOperation | undefined>;
  /**
   * Takes the operation over, provided that it is still as it was seen; undefined when somebody else was faster.
   * Returns the new fence.
   */
  claim(seen: SeenOperation, worker: string): Promise<number | undefined>;
  /**
   * Ends a lease at once, so that another worker need not wait. With `pauseMs` nobody needs to look before that has
   * passed; it is doubled with each release in a row without a step done, up to `longestMs`.
   */
  release(id: string, fence: number, pause?: { pauseMs: number; longestMs: number }): Promise<void>;
  load(id: string): Promise<{ operation: Operation; entries: JournalEntry[] }>;
  /** Proves the lease, writes progress, and returns whether a cancel was requested. */
  beat(
    id: string,
    fence: number,
    progress: { bytesDone: number; bytesTotal: number; percent: number; deadlineAt?: string },
  ): Promise<{ cancelRequested: boolean }>;
  /** Returns the mark that was drawn with the entry; the first entry of a key stays, and so does its mark. */
  intend(id: string, fence: number, key: string, input: unknown): Promise<string | null>;
  /** What an unfinished step is about to request. The newest note stays. */
  note(id: string, fence: number, key: string, noted: unknown): Promise<void>;
  complete(id: string, fence: number, key: string, output: unknown): Promise<void>;
  markUndone(id: string, fence: number, key: string): Promise<void>;
  commit(id: string, fence: number): Promise<void>;
  beginUndo(id: string, fence: number, failure: OperationFailure): Promise<void>;
  /** Why it makes no progress while it is still trying. Null when it does. */
  noteTrouble(id: string, fence: number, failure: OperationFailure | null): Promise<void>;
  /** Records the final state and frees the held servers in the same transaction. The resource is written to its row. */
  finish(id: string, fence: number, end: OperationEnd): Promise<void>;
}

export interface OperationEnd {
  status: 'succeeded' | 'failed' | 'cancelled';
  failure: OperationFailure | null;
  backup?: { id: string; change: Partial<Backup> } | { id: string; remove: true };
  restore?: { id: string; change: Partial<Restore> };
  snapshot?: { id: string; change: Partial<Snapshot> } | { id: string; remove: true };
}

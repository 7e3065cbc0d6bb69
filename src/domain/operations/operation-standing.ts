import type { OperationFailure } from './operation.ts';

/** The state of an operation, for operators of the cloud. */
export interface OperationStanding {
  /** Steps that were begun and are not done; for an operation that is being undone, the step that comes next. */
  steps: string[];
  /** Null: no worker runs it. */
  worker: string | null;
  /** When its worker last showed life; null: none has claimed it yet. ISO 8601. */
  beat_at: string | null;
  /** The operation waits for an outside service: nobody looks at it before this time. ISO 8601. */
  look_at: string | null;
  /** Why it makes no progress at the moment. */
  trouble: OperationFailure | null;
  /** The server whose disks it is about; null: it makes a new server. */
  server_id: string | null;
}

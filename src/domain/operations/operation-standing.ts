import type { OperationFailure } from './operation.ts';

/** Where an operation stands, as those who run the cloud see it. */
export interface OperationStanding {
  /** Steps that were begun and are not done; of an operation that puts things back: the one that comes next. */
  steps: string[];
  /** Null: nobody runs it. */
  worker: string | null;
  /** When its worker showed life last; null: none has claimed it yet. ISO 8601. */
  beat_at: string | null;
  /** It waits for the world: nobody looks at it before. ISO 8601. */
  look_at: string | null;
  /** Why it is not getting on at the moment. */
  trouble: OperationFailure | null;
  /** Whose disks it is about; null: it makes a server anew. */
  server_id: string | null;
}

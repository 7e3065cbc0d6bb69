import type { InstantRequest } from '../points/instant.ts';
import type { MemoryRequest } from '../points/memory-point.ts';
import type { OperationFailure } from './operation.ts';

/**
 * What a worker wants done by the agent of one host. It is good only under the worker's own claim of its operation:
 * an agent that finds another fence there does nothing.
 */
export interface HostRequest {
  id: string;
  operation_id: string;
  fence: number;
  /** As Nova calls it. */
  host: string;
  request: InstantRequest | MemoryRequest;
  /** No agent begins it later. ISO 8601 in UTC; null: of an earlier release, which no agent takes. */
  expires_at: string | null;
  /** See `sealOfRequest`. */
  seal: string | null;
  status: 'asked' | 'taken' | 'withdrawn' | 'done' | 'failed';
  /** What came out, as JSON; of done ones. */
  result: unknown;
  /** Of failed ones. */
  failure: (OperationFailure & { retry: boolean }) | null;
  /** See `sealOfAnswer`; of done and failed ones. */
  answer_seal: string | null;
  /** When somebody changed it last; the agent that does it touches it every few seconds. */
  touched_at: string;
}

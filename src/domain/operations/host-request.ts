import type { InstantRequest } from '../points/instant.ts';
import type { MemoryRequest } from '../points/memory-point.ts';
import type { OperationFailure } from './operation.ts';

/**
 * What a worker asks of the agent of one host. It is valid only under the worker's own claim of its operation: an agent
 * that finds another fence there does nothing.
 */
export interface HostRequest {
  id: string;
  operation_id: string;
  fence: number;
  /** The host's name in Nova. */
  host: string;
  request: InstantRequest | MemoryRequest;
  /** No agent begins it later than this. ISO 8601 in UTC; null: an earlier release made it, and no agent takes it. */
  expires_at: string | null;
  /** See `sealOfRequest`. */
  seal: string | null;
  status: 'asked' | 'taken' | 'withdrawn' | 'done' | 'failed';
  /** The result of a request that is done, as JSON. */
  result: unknown;
  /** The failure of a request that failed. */
  failure: (OperationFailure & { retry: boolean }) | null;
  /** See `sealOfAnswer`; for requests that are done or failed. */
  answer_seal: string | null;
  /** Time of the last change; the agent that works on it touches it every few seconds. */
  touched_at: string;
}

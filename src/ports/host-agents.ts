import type { Instant, InstantRequest } from '../domain/points/instant.ts';
import type {
  MemoryRestored,
  RestoreMemoryRequest,
  SavedMemory,
  StageMemoryRequest,
  TakeMemoryRequest,
} from '../domain/points/memory-point.ts';

export interface HostAsk<R = InstantRequest> {
  operationId: string;
  fence: number;
  /** The host's name in Nova. */
  host: string;
  request: R;
}

/** The agents on the compute hosts, as a worker sees them. */
export interface HostAgents {
  /**
   * Rejects with `host.no-agent` when there is none on that host, or when it does not begin in time; otherwise with the
   * agent's error. Once it has begun it is awaited: it releases the server by itself.
   */
  takeInstant(ask: HostAsk, signal: AbortSignal): Promise<Instant>;
  /** Like `takeInstant`. Resolves when the memory is in Ceph, long after the server was released. */
  takeMemory(ask: HostAsk<TakeMemoryRequest>, signal: AbortSignal): Promise<Instant>;
  /** Refuses a memory that cannot be restored there: `memory.*`. */
  stageMemory(ask: HostAsk<StageMemoryRequest>, signal: AbortSignal): Promise<SavedMemory>;
  /** Stages it again if necessary. */
  restoreMemory(ask: HostAsk<RestoreMemoryRequest>, signal: AbortSignal): Promise<MemoryRestored>;
  /**
   * Withdraws requests of this operation that no agent has begun, and waits for those that one has begun: after that,
   * neither has any effect. It must be called before what they make is removed.
   */
  callOff(operationId: string, signal: AbortSignal): Promise<void>;
}

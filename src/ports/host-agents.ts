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
  /** As Nova calls it. */
  host: string;
  request: R;
}

/** The agents on the compute hosts, as a worker sees them. */
export interface HostAgents {
  /**
   * Rejects with `host.no-agent` when there is none on that host, or when it does not begin in time; else with what
   * the agent reports. Once it has begun it is waited for: it lets the server go by itself.
   */
  takeInstant(ask: HostAsk, signal: AbortSignal): Promise<Instant>;
  /** As above. The instant comes when the memory is in Ceph, long after the server was let go. */
  takeMemory(ask: HostAsk<TakeMemoryRequest>, signal: AbortSignal): Promise<Instant>;
  /** Refuses what cannot be restored there: `memory.*`. */
  stageMemory(ask: HostAsk<StageMemoryRequest>, signal: AbortSignal): Promise<SavedMemory>;
  /** Stages it anew if need be. */
  restoreMemory(ask: HostAsk<RestoreMemoryRequest>, signal: AbortSignal): Promise<MemoryRestored>;
  /**
   * Takes back what no agent has begun for this operation, and waits for what one has: after it nothing comes of either.
   * To be called before what they make is removed.
   */
  callOff(operationId: string, signal: AbortSignal): Promise<void>;
}

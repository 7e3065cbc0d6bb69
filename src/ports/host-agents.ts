import type { Instant, InstantRequest } from '../domain/instant.ts';

export interface HostAsk {
  operationId: string;
  fence: number;
  /** As Nova calls it. */
  host: string;
  request: InstantRequest;
}

/** The agents on the compute hosts, as a worker sees them. */
export interface HostAgents {
  /**
   * Rejects with `host.no-agent` when there is none on that host, or when it does not begin in time; else with what
   * the agent reports. Once it has begun it is waited for: it lets the server go by itself.
   */
  takeInstant(ask: HostAsk, signal: AbortSignal): Promise<Instant>;
}

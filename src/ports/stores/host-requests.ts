import type { HostRequest } from '../../domain/operations/host-request.ts';

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

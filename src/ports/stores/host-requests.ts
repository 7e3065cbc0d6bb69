import type { HostRequest } from '../../domain/operations/host-request.ts';

/** What workers ask of the agents of hosts. The queue only wakes agents; these rows are the truth. */
export interface HostRequests {
  ask(
    request: Pick<HostRequest, 'id' | 'operation_id' | 'fence' | 'host' | 'request' | 'expires_at' | 'seal'>,
  ): Promise<void>;
  read(id: string): Promise<HostRequest | undefined>;
  /** Ids of the requests that wait for this host, the oldest first. */
  waiting(host: string): Promise<string[]>;
  /**
   * Exactly one of several takers gets it; undefined when it is taken or withdrawn, or when its operation has moved on.
   */
  take(id: string, host: string): Promise<HostRequest | undefined>;
  /** Ids of the requests of an operation that wait or are being carried out. */
  openOf(operationId: string): Promise<string[]>;
  /** False: an agent has taken it. */
  withdraw(id: string): Promise<boolean>;
  /** Ids of the requests that an agent of this host has taken and not ended. */
  takenOn(host: string): Promise<string[]>;
  /** Says that the agent that took it is still working on it. */
  beat(id: string): Promise<void>;
  /** Changes nothing unless it was taken. `seal`: `sealOfAnswer`. */
  finish(
    id: string,
    end: ({ result: unknown } | { failure: HostRequest['failure'] }) & { seal: string },
  ): Promise<void>;
}

import { asRewindError } from '../domain/errors.ts';
import type { HostRequest } from '../domain/host-request.ts';
import type { HostRequests } from '../ports/stores.ts';
import type { Clock, Log } from '../ports/system.ts';

export interface HostJobsParts {
  host: string;
  requests: HostRequests;
  /** JSON comes out. */
  perform(request: HostRequest['request']): Promise<unknown>;
  clock: Clock;
  log: Log;
}

const LOOK_MS = 1_000;

export interface HostJobs {
  process(id: string): Promise<void>;
  /** Until `shutdown`: takes what Redis forgot to deliver. */
  watch(shutdown: AbortSignal): Promise<void>;
}

/** The agent's end: one request of a server at a time, each taken from the database. */
export function hostJobs({ host, requests, perform, clock, log }: HostJobsParts): HostJobs {
  const busy = new Map<string, Promise<void>>();
  const carryOut = async (id: string): Promise<void> => {
    const one = await requests.take(id, host);
    if (!one) return;
    const { serverId } = one.request;
    const mine = (busy.get(serverId) ?? Promise.resolve()).then(async () => {
      try {
        await requests.finish(id, { result: await perform(one.request) });
      } catch (caught) {
        const error = asRewindError(caught);
        log.warn('a request of a worker failed', { operation_id: one.operation_id, server_id: serverId, err: error });
        const { code, message: reason, fault, retry, hint = null } = error;
        await requests.finish(id, { failure: { code, reason, fault, retry, hint } });
      }
    });
    const quiet = mine.catch(() => undefined);
    busy.set(serverId, quiet);
    await mine.finally(() => {
      if (busy.get(serverId) === quiet) busy.delete(serverId);
    });
  };
  return {
    process: carryOut,
    async watch(shutdown) {
      while (!shutdown.aborted) {
        try {
          for (const id of await requests.waiting(host)) void carryOut(id).catch((err) => log.error('lost', { err }));
        } catch (error) {
          log.warn('could not look for requests, trying again', { err: asRewindError(error) });
        }
        await clock.sleep(LOOK_MS, shutdown).catch(() => undefined);
      }
      // Nobody is left held by an agent that goes.
      await Promise.all(busy.values());
    },
  };
}

import { asRewindError, RewindError } from '../domain/errors.ts';
import type { HostRequest } from '../domain/operations/host-request.ts';
import {
  type HostAnswer,
  isOfOtherProtocol,
  otherRelease,
  sameSeal,
  sealOfAnswer,
  sealOfRequest,
} from '../domain/operations/host-seal.ts';
import type { PeriodicJob } from '../periodic/periodic-job.ts';
import type { HostRequests } from '../ports/stores/host-requests.ts';
import type { Clock, Log } from '../ports/system.ts';

export interface HostJobsParts {
  host: string;
  /** `hostKeyOf` this host. */
  key: Uint8Array;
  requests: HostRequests;
  /** Resolves to something that can be JSON. */
  perform(request: HostRequest['request']): Promise<unknown>;
  clock: Clock;
  log: Log;
}

/** The agent polls, because nobody wakes it: there is an agent if the request is taken up. */
const LOOK_MS = 500;
const BEAT_MS = 3_000;

export interface HostJobs {
  /**
   * Requests that an earlier agent of this host took and never finished fail: that agent died. Called before `job`
   * runs.
   */
  abandonTaken(): Promise<void>;
  /** Takes requests for this host; at its end it waits for those that it has taken. */
  job: PeriodicJob;
}

const toldOf = ({ code, message, fault, retry, hint }: RewindError): HostRequest['failure'] => ({
  code,
  reason: message,
  fault,
  retry,
  hint: hint ?? null,
});

/**
 * The agent's end: one request for a server at a time, taken from the database. Many may write there: a request is
 * carried out only if a worker sealed it for this host, once, and in time.
 */
export function hostJobs({ host, key, requests, perform, clock, log }: HostJobsParts): HostJobs {
  const busy = new Map<string, Promise<void>>();
  /** Requests that were carried out here, until they expire: a row that somebody resets is not carried out again. */
  const seen = new Map<string, number>();
  const answer = (id: string, end: HostAnswer) =>
    requests.finish(id, { ...end, seal: sealOfAnswer(key, { id, host }, end) });
  const refuseForged = (one: HostRequest): void => {
    const now = clock.now();
    for (const [id, until] of seen) if (until < now) seen.delete(id);
    if (isOfOtherProtocol(one.seal)) throw otherRelease('The worker that asked is of another release.', false);
    if (one.host !== host || !sameSeal(one.seal, sealOfRequest(key, one))) throw unsigned();
    const until = Date.parse(one.expires_at ?? '');
    if (!(until > now)) throw expired();
    if (seen.has(one.id)) throw unsigned();
    seen.set(one.id, until);
  };
  const carryOut = async (id: string): Promise<void> => {
    const one = await requests.take(id, host);
    if (!one) return;
    const { serverId } = one.request;
    const over = new AbortController();
    void beats(id, over.signal);
    const mine = (busy.get(serverId) ?? Promise.resolve()).then(async () => {
      try {
        refuseForged(one);
        await answer(id, { result: await perform(one.request) });
      } catch (caught) {
        const error = asRewindError(caught);
        log.warn('a request of a worker failed', { operation_id: one.operation_id, server_id: serverId, err: error });
        await answer(id, { failure: toldOf(error) });
      }
    });
    const quiet = mine.catch(() => undefined);
    busy.set(serverId, quiet);
    await mine.finally(() => {
      over.abort();
      if (busy.get(serverId) === quiet) busy.delete(serverId);
    });
  };
  const beats = async (id: string, over: AbortSignal): Promise<void> => {
    while (!over.aborted) {
      await clock.sleep(BEAT_MS, over).catch(() => undefined);
      if (!over.aborted) await requests.beat(id).catch((err) => log.warn('a beat was not written', { err }));
    }
  };
  return {
    async abandonTaken() {
      for (const id of await requests.takenOn(host))
        await answer(id, { failure: toldOf(new RewindError('host.agent-died')) });
    },
    job: {
      name: 'requests',
      after: 'requests',
      everyMs: LOOK_MS,
      async look() {
        for (const id of await requests.waiting(host)) void carryOut(id).catch((err) => log.error('lost', { err }));
      },
      // An agent that ends leaves nobody held.
      close: () => Promise.all(busy.values()),
    },
  };
}

const unsigned = (): RewindError => new RewindError('host.unsigned-request');

const expired = (): RewindError => new RewindError('host.request-expired');

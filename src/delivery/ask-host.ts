import { RewindError } from '../domain/errors.ts';
import type { HostRequest } from '../domain/operations/host-request.ts';
import {
  isOfOtherProtocol,
  otherRelease,
  sameSeal,
  sealOfAnswer,
  sealOfRequest,
} from '../domain/operations/host-seal.ts';
import type { Instant } from '../domain/points/instant.ts';
import type { MemoryRestored, SavedMemory } from '../domain/points/memory-point.ts';
import type { HostAgents, HostAsk } from '../ports/host-agents.ts';
import type { HostRequests } from '../ports/stores/host-requests.ts';
import type { Clock, Ids } from '../ports/system.ts';

export interface AskHostParts {
  requests: HostRequests;
  /** See `hostKeyOf`. */
  keyOf(host: string): Uint8Array;
  clock: Clock;
  ids: Ids;
  /** How long a guest's hooks may take: they are awaited twice, before the hold and after it. */
  freezeSeconds?: number;
}

/** How long an agent may take to begin; after that there is none. */
const BEGIN_LIMIT_MS = 6_000;
/** Clocks of hosts differ. */
const EXPIRES_AFTER_MS = 120_000;
/** How long an agent may take to end, with its retries and slow snaps, but without the hooks of the guest. */
const END_LIMIT_MS = 180_000;
/** Terabytes of memory may be written to Ceph meanwhile. */
const MEMORY_END_LIMIT_MS = 4 * 3_600_000;
/** An agent that is working says so every few seconds. */
const SILENT_MS = 30_000;
const LOOK_AGAIN_MS = 50;
const OVER_LOOK_MS = 500;

/** Asks through a row of the database, which the agent of the host polls. */
export function askHost({ requests, keyOf, clock, ids, freezeSeconds = 60 }: AskHostParts): HostAgents {
  const endLimitMs = END_LIMIT_MS + 2 * freezeSeconds * 1_000;
  /** Resolves to the row when it is over, or when nothing more can be expected of it. */
  const settled = async (
    id: string,
    limitMs: number,
    pauseMs: number,
    signal: AbortSignal,
  ): Promise<HostRequest | undefined> => {
    const until = clock.monotonic() + limitMs;
    let touched = '';
    let silentFrom = clock.monotonic() + SILENT_MS;
    for (;;) {
      const row = await requests.read(id);
      if (row?.status !== 'asked' && row?.status !== 'taken') return row;
      const now = clock.monotonic();
      if (row.touched_at !== touched) [touched, silentFrom] = [row.touched_at, now + SILENT_MS];
      if (now >= until || (row.status === 'taken' && now >= silentFrom)) return row;
      await clock.sleep(pauseMs, signal);
    }
  };
  const ask = async (
    { operationId, fence, host, request }: HostAsk<HostRequest['request']>,
    endLimitMs: number,
    signal: AbortSignal,
  ): Promise<unknown> => {
    const id = ids.uuid();
    const expires_at = new Date(clock.now() + EXPIRES_AFTER_MS).toISOString();
    const asked = { id, operation_id: operationId, fence, host, request, expires_at };
    await requests.ask({ ...asked, seal: sealOfRequest(keyOf(host), asked) });
    let row = await settled(id, BEGIN_LIMIT_MS, LOOK_AGAIN_MS, signal);
    if (row?.status === 'asked' && (await requests.withdraw(id))) throw noAgent();
    if (row?.status === 'asked' || row?.status === 'taken') row = await settled(id, endLimitMs, LOOK_AGAIN_MS, signal);
    if (row?.status === 'done') {
      refuseForged(row, host, { result: row.result });
      return row.result;
    }
    if (row?.status === 'failed' && row.failure) {
      refuseForged(row, host, { failure: row.failure });
      throw new RewindError(row.failure);
    }
    throw new RewindError('host.silent');
  };
  /** Agents of other hosts may write to the row, too. */
  const refuseForged = (row: HostRequest, host: string, answer: Parameters<typeof sealOfAnswer>[2]): void => {
    if (sameSeal(row.answer_seal, sealOfAnswer(keyOf(host), { id: row.id, host }, answer))) return;
    // Anybody may have written the answer; an agent that is being upgraded will soon answer properly.
    if (isOfOtherProtocol(row.answer_seal))
      throw otherRelease("The agent of the server's host is of another release than this worker.", true);
    throw new RewindError('host.unsigned-answer');
  };
  return {
    takeInstant: async (one, signal) => (await ask(one, endLimitMs, signal)) as Instant,
    takeMemory: async (one, signal) => (await ask(one, MEMORY_END_LIMIT_MS, signal)) as Instant,
    stageMemory: async (one, signal) => (await ask(one, MEMORY_END_LIMIT_MS, signal)) as SavedMemory,
    restoreMemory: async (one, signal) => (await ask(one, MEMORY_END_LIMIT_MS, signal)) as MemoryRestored,
    async callOff(operationId, signal) {
      for (const id of await requests.openOf(operationId)) {
        // An agent that is gone does nothing any more; its successor reports what it left.
        if (!(await requests.withdraw(id))) await settled(id, MEMORY_END_LIMIT_MS, OVER_LOOK_MS, signal);
      }
    },
  };
}

const noAgent = (): RewindError => new RewindError('host.no-agent');

import { RewindError } from '../domain/errors.ts';
import type { HostRequest } from '../domain/host-request.ts';
import type { Instant } from '../domain/instant.ts';
import type { MemoryRestored, SavedMemory } from '../domain/memory.ts';
import type { HostAgents, HostAsk } from '../ports/host-agents.ts';
import type { HostQueues } from '../ports/queue.ts';
import type { HostRequests } from '../ports/stores.ts';
import type { Clock, Ids } from '../ports/system.ts';

export interface AskHostParts {
  requests: HostRequests;
  queues: HostQueues;
  clock: Clock;
  ids: Ids;
  /** How long a guest's hooks may take: they are waited for twice, before the hold and after it. */
  freezeSeconds?: number;
}

/** How long an agent may take to begin. */
const BEGIN_LIMIT_MS = 4_000;
/** … and to end, its retries and slow snaps included, and without the hooks of the guest. */
const END_LIMIT_MS = 180_000;
/** A memory of terabytes is written to Ceph meanwhile. */
const MEMORY_END_LIMIT_MS = 4 * 3_600_000;
const LOOK_AGAIN_MS = 50;
const OVER_LOOK_MS = 500;

/** Asks by a row of the database, and wakes the agent through the queue of its host. */
export function askHost({ requests, queues, clock, ids, freezeSeconds = 60 }: AskHostParts): HostAgents {
  const endLimitMs = END_LIMIT_MS + 2 * freezeSeconds * 1_000;
  const settled = async (id: string, limitMs: number, signal: AbortSignal): Promise<HostRequest | undefined> => {
    const until = clock.monotonic() + limitMs;
    for (;;) {
      const row = await requests.read(id);
      if (row?.status === 'done' || row?.status === 'failed') return row;
      if (clock.monotonic() >= until) return row?.status === 'taken' ? row : undefined;
      await clock.sleep(LOOK_AGAIN_MS, signal);
    }
  };
  const ask = async (
    { operationId, fence, host, request }: HostAsk<HostRequest['request']>,
    endLimitMs: number,
    signal: AbortSignal,
  ): Promise<unknown> => {
    if (!(await queues.hasAgent(host))) throw noAgent();
    const id = ids.uuid();
    await requests.ask({ id, operation_id: operationId, fence, host, request });
    // Without Redis the agent finds the row by itself, a little later.
    await queues.wake(host, id).catch(() => undefined);
    let row = await settled(id, BEGIN_LIMIT_MS, signal);
    if (row === undefined && (await requests.withdraw(id))) throw noAgent();
    if (row?.status !== 'done' && row?.status !== 'failed') row = await settled(id, endLimitMs, signal);
    if (row?.status === 'done') return row.result;
    if (row?.status === 'failed' && row.failure) {
      const { code, reason, fault, retry, hint } = row.failure;
      throw new RewindError(code, reason, { fault, retry, ...(hint === null ? {} : { hint }) });
    }
    throw new RewindError('host.silent', 'The agent of the server’s host began and then fell silent.', {
      fault: 'errored',
      retry: true,
    });
  };
  return {
    takeInstant: async (one, signal) => (await ask(one, endLimitMs, signal)) as Instant,
    takeMemory: async (one, signal) => (await ask(one, MEMORY_END_LIMIT_MS, signal)) as Instant,
    stageMemory: async (one, signal) => (await ask(one, MEMORY_END_LIMIT_MS, signal)) as SavedMemory,
    restoreMemory: async (one, signal) => (await ask(one, MEMORY_END_LIMIT_MS, signal)) as MemoryRestored,
    async callOff(operationId, signal) {
      for (const { id, host } of await requests.openOf(operationId)) {
        if (await requests.withdraw(id)) continue;
        // An agent that is gone does nothing any more; the next one says so of what it left.
        while ((await requests.read(id))?.status === 'taken' && (await queues.hasAgent(host)))
          await clock.sleep(OVER_LOOK_MS, signal);
      }
    },
  };
}

const noAgent = (): RewindError =>
  new RewindError('host.no-agent', "There is no agent of ours on the server's host.", {
    fault: 'errored',
    hint: 'Run `rewind agent` on the compute host.',
  });

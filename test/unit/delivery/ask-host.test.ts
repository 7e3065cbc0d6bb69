import { describe, expect, test } from '@jest/globals';
import { askHost } from '../../../src/delivery/ask-host.ts';
import type { HostRequest } from '../../../src/domain/operations/host-request.ts';
import type { HostRequests } from '../../../src/ports/stores/host-requests.ts';

const never = new AbortController().signal;

/** Requests of one operation, and an agent that ends what it has taken after so many looks. */
function world(statuses: HostRequest['status'][], { looks = 3, agent = true } = {}) {
  const rows = statuses.map((status, n) => ({ id: `r${n}`, host: 'h', status, touched_at: '' }));
  const at = (id: string) => rows.find((row) => row.id === id);
  let slept = 0;
  let nowMs = 0;
  const requests = {
    openOf: async () => rows.filter(({ status }) => status === 'asked' || status === 'taken').map(({ id }) => id),
    read: async (id: string) => at(id),
    async withdraw(id: string) {
      const row = at(id);
      if (row?.status !== 'asked') return false;
      row.status = 'withdrawn';
      return true;
    },
  };
  const clock = {
    now: () => 0,
    monotonic: () => nowMs,
    async sleep(ms: number, signal?: AbortSignal) {
      signal?.throwIfAborted();
      slept += 1;
      nowMs += ms;
      if (agent) for (const row of rows) row.touched_at = String(nowMs);
      if (agent && slept === looks) for (const row of rows) if (row.status === 'taken') row.status = 'done';
    },
  };
  const keyOf = () => new Uint8Array(32);
  const hosts = askHost({ requests: requests as unknown as HostRequests, keyOf, clock, ids: { uuid: () => 'x' } });
  return { hosts, rows, slept: () => slept, passedMs: () => nowMs };
}

describe('calling off what was asked of hosts', () => {
  test('takes back what nobody has begun', async () => {
    const { hosts, rows, slept } = world(['asked', 'done']);
    await hosts.callOff('o', never);
    expect(rows.map((row) => row.status)).toEqual(['withdrawn', 'done']);
    expect(slept()).toBe(0);
  });

  test('waits for what an agent has begun', async () => {
    const { hosts, rows } = world(['taken', 'asked']);
    await hosts.callOff('o', never);
    expect(rows.map((row) => row.status)).toEqual(['done', 'withdrawn']);
  });

  test('waits for as long as the agent is at it', async () => {
    const { hosts, rows } = world(['taken'], { looks: 1_000 });
    await hosts.callOff('o', never);
    expect(rows[0]?.status).toBe('done');
  });

  test('does not wait for an agent that is gone', async () => {
    const { hosts, passedMs } = world(['taken'], { agent: false });
    await hosts.callOff('o', never);
    expect(passedMs()).toBeLessThan(60_000);
  });

  test('ends with the lease', async () => {
    const { hosts } = world(['taken'], { looks: 1_000 });
    await expect(hosts.callOff('o', AbortSignal.abort(new Error('lost')))).rejects.toThrow('lost');
  });
});

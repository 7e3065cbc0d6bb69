import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { anOperation } from './examples.ts';
import type { Stores } from './stores.ts';

/** What a worker asks of a host, and who may do it. */
export function hostRequestsContract(stores: () => Stores): void {
  const request = { serverId: randomUUID(), images: [{ pool: 'vms', image: 'a_disk' }], snap: 's', wanted: 'best' };

  const seal = 'b'.repeat(64);

  /** An operation that a worker runs, and a request of it. */
  async function asked(host: string) {
    const operation = anOperation();
    await stores().operations.record({ operation, holds: [] });
    const open = (await stores().journal.openOperations()).find((one) => one.id === operation.id)!;
    const fence = (await stores().journal.claim(open, 'worker'))!;
    const one = {
      id: randomUUID(),
      operation_id: operation.id,
      fence,
      host,
      request: { ...request, wanted: 'best' as const },
      expires_at: '2026-01-01T00:00:00.000Z',
      seal: 'a'.repeat(64),
    };
    await stores().hostRequests.ask(one);
    return one;
  }

  describe('a host request', () => {
    it('is seen by its host, taken once, and answered', async () => {
      const host = randomUUID();
      const one = await asked(host);
      expect(await stores().hostRequests.waiting(host)).toEqual([one.id]);
      expect(await stores().hostRequests.waiting('another')).toEqual([]);
      expect(await stores().hostRequests.take(one.id, 'another')).toBeUndefined();
      const takers = [stores().hostRequests, stores().elsewhere.hostRequests];
      const taken = await Promise.all(Array.from({ length: 6 }, (_, n) => takers[n % 2]!.take(one.id, host)));
      expect(taken.filter((row) => row !== undefined)).toEqual([
        {
          ...{ ...one, status: 'taken', result: null, failure: null, answer_seal: null },
          touched_at: expect.any(String),
        },
      ]);
      expect(await stores().hostRequests.waiting(host)).toEqual([]);
      expect(await stores().hostRequests.withdraw(one.id)).toBe(false);
      await stores().hostRequests.finish(one.id, { result: { at: 'now' }, seal });
      expect(await stores().hostRequests.read(one.id)).toMatchObject({
        status: 'done',
        result: { at: 'now' },
        answer_seal: seal,
      });
    });

    it('that failed says why', async () => {
      const one = await asked(randomUUID());
      await stores().hostRequests.take(one.id, one.host);
      const failure = { code: 'vm-backup.x', reason: 'so', fault: 'failed' as const, hint: null, retry: true };
      await stores().hostRequests.finish(one.id, { failure, seal });
      expect(await stores().hostRequests.read(one.id)).toMatchObject({ status: 'failed', failure, answer_seal: seal });
    });

    it('is seen as taken by the host until it is answered', async () => {
      const host = randomUUID();
      const [one, , other] = [await asked(host), await asked(host), await asked(randomUUID())];
      for (const { id, host: at } of [one, other]) await stores().hostRequests.take(id, at);
      expect(await stores().hostRequests.takenOn(host)).toEqual([one.id]);
      await stores().hostRequests.finish(one.id, { result: null, seal });
      expect(await stores().hostRequests.takenOn(host)).toEqual([]);
    });

    it('that is being done is touched', async () => {
      const one = await asked(randomUUID());
      await stores().hostRequests.take(one.id, one.host);
      const before = await stores().hostRequests.read(one.id);
      await new Promise((passed) => setTimeout(passed, 5));
      await stores().hostRequests.beat(one.id);
      const after = await stores().hostRequests.read(one.id);
      expect(after).toEqual({ ...before, touched_at: expect.any(String) });
      expect(after!.touched_at > before!.touched_at).toBe(true);
    });

    it('is open until it is answered or withdrawn', async () => {
      const [one, other] = [await asked('h'), await asked('h')];
      const open = () => stores().hostRequests.openOf(one.operation_id);
      expect(await open()).toEqual([one.id]);
      await stores().hostRequests.take(one.id, one.host);
      expect(await open()).toEqual([one.id]);
      await stores().hostRequests.finish(one.id, { result: null, seal });
      expect(await open()).toEqual([]);
      await stores().hostRequests.withdraw(other.id);
      expect(await stores().hostRequests.openOf(other.operation_id)).toEqual([]);
    });

    it('that was withdrawn is not taken any more', async () => {
      const one = await asked(randomUUID());
      expect(await stores().hostRequests.withdraw(one.id)).toBe(true);
      expect(await stores().hostRequests.take(one.id, one.host)).toBeUndefined();
    });

    it('of a worker that lost its operation is not taken', async () => {
      const one = await asked(randomUUID());
      const seen = (await stores().journal.openOperations()).find((open) => open.id === one.operation_id)!;
      await stores().journal.claim(seen, 'successor');
      expect(await stores().hostRequests.waiting(one.host)).toEqual([]);
      expect(await stores().hostRequests.take(one.id, one.host)).toBeUndefined();
    });
  });
}

import { expect, it } from '@jest/globals';
import type { Stores } from './stores.ts';

/** Which workers there are. */
export function workersContract(stores: () => Stores): void {
  it('a worker tells that it lives, again and again, and leaves; one that was silent for long is forgotten', async () => {
    const { workers } = stores();
    const old = '2026-01-01T00:00:00.000Z';
    const report = { worker: 'a/1/x', host: 'a', release: '1', concurrency: 4, running: 0, started_at: old };
    await workers.tell({ ...report, worker: 'old', seen_at: '2026-01-02T00:00:00.000Z' }, old);
    await workers.tell({ ...report, seen_at: '2026-01-09T00:00:00.000Z' }, old);
    await workers.tell({ ...report, running: 2, seen_at: '2026-01-09T00:01:00.000Z' }, old);
    expect(await workers.seenSince('2026-01-09T00:00:30.000Z')).toEqual([
      { ...report, running: 2, seen_at: '2026-01-09T00:01:00.000Z' },
    ]);
    expect((await workers.seenSince(old)).map((one) => one.worker)).toEqual(['a/1/x', 'old']);
    await workers.tell({ ...report, worker: 'b', seen_at: '2026-01-09T00:02:00.000Z' }, '2026-01-03T00:00:00.000Z');
    expect((await workers.seenSince(old)).map((one) => one.worker)).toEqual(['a/1/x', 'b']);
    await workers.leave('a/1/x');
    await workers.leave('a/1/x');
    expect((await workers.seenSince(old)).map((one) => one.worker)).toEqual(['b']);
  });
}

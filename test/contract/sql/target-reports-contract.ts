import { expect, it } from '@jest/globals';
import type { Stores } from './stores.ts';

/** One report for each target and host, the newest first. */
export function targetReportsContract(stores: () => Stores): void {
  it('keeps the last report of each host about each target', async () => {
    const { targetReports } = stores();
    const report = {
      target: 'nfs',
      host: 'one',
      available: true,
      fail_code: null,
      total_bytes: 2 ** 45,
      free_bytes: 0,
    };
    const later = {
      ...report,
      available: false,
      fail_code: 'vm-backup.target.full',
      reported_at: '2026-06-01T00:02:00.000Z',
    };
    await targetReports.put({ ...report, reported_at: '2026-06-01T00:00:00.000Z' });
    await targetReports.put({
      ...report,
      host: 'two',
      total_bytes: null,
      free_bytes: null,
      reported_at: '2026-06-01T00:01:00.000Z',
    });
    await Promise.all([targetReports.put(later), targetReports.put(later)]);
    expect(await targetReports.list()).toEqual([
      later,
      { ...report, host: 'two', total_bytes: null, free_bytes: null, reported_at: '2026-06-01T00:01:00.000Z' },
    ]);
  });
}

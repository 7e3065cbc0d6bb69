import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { aBackup } from './examples.ts';
import type { Stores } from './stores.ts';

/** What compaction and sweep ask the database for. */
export function archiveContract(stores: () => Stores): void {
  it('tells each server’s complete backups on a target, and when one of them changed last', async () => {
    const { catalogue, chains } = stores();
    const server_id = randomUUID();
    const one = (fields: object) => aBackup({ server_id, status: 'available', target: 'nfs', ...fields });
    await catalogue.putBackup(one({ updated_at: '2026-01-01T00:00:00.000Z' }));
    await catalogue.putBackup(one({ updated_at: '2026-01-03T00:00:00.000Z' }));
    await catalogue.putBackup(one({ updated_at: '2026-01-09T00:00:00.000Z', status: 'deleting' }));
    await catalogue.putBackup(one({ updated_at: '2026-01-02T00:00:00.000Z', target: 's3' }));
    const found = (await chains.all()).filter((chain) => chain.serverId === server_id);
    expect(found.toSorted((a, b) => a.backups - b.backups)).toEqual([
      expect.objectContaining({ target: 's3', backups: 1, changedAt: '2026-01-02T00:00:00.000Z' }),
      expect.objectContaining({ target: 'nfs', backups: 2, changedAt: '2026-01-03T00:00:00.000Z' }),
    ]);
  });

  it('remembers since when a run is condemned, until it is forgiven', async () => {
    const { condemnedRuns } = stores();
    const [server, other] = [randomUUID(), randomUUID()];
    const long = `projects/${'p'.repeat(36)}/servers/${server}/disks/${server}/runs/${server}.9007199254740991`;
    await condemnedRuns.condemn('nfs', server, [long, 'b'], '2026-01-01T00:00:00.000Z');
    await condemnedRuns.condemn('nfs', server, [long, 'c'], '2026-01-02T00:00:00.000Z');
    await condemnedRuns.condemn('s3', server, ['b'], '2026-01-03T00:00:00.000Z');
    await condemnedRuns.condemn('nfs', other, ['d'], '2026-01-03T00:00:00.000Z');
    const list = async () =>
      (await condemnedRuns.list('nfs', server)).map((one) => [one.object, one.since.slice(9, 10)]);
    expect((await list()).toSorted()).toEqual([
      ['b', '1'],
      ['c', '2'],
      [long, '1'],
    ]);
    for (const _ of [1, 2]) await condemnedRuns.forgive('nfs', ['b', long]);
    expect(await list()).toEqual([['c', '2']]);
    expect(await condemnedRuns.list('s3', server)).toHaveLength(1);
  });
}

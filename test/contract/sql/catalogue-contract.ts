import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Backup } from '../../../src/domain/points/backup.ts';
import type { ListQuery } from '../../../src/ports/stores/list-query.ts';
import { recordedServer } from '../../world/api/recorded.ts';
import { aBackup, anOperation, aQuery, aRestore, OTHER_PROJECT, PROJECT } from './examples.ts';
import type { Stores } from './stores.ts';

type Filter = ListQuery['filters'][number];

/** Backups and restores: put, changed, listed, and never shown to another project. */
export function catalogueContract(stores: () => Stores): void {
  it('puts, replaces, changes and removes a backup, each twice', async () => {
    const backup = aBackup();
    const { catalogue } = stores();
    await catalogue.putBackup(backup);
    await catalogue.putBackup(backup);
    expect(await catalogue.backup(backup.id, PROJECT)).toEqual(backup);
    const change = { status: 'error' as const, fail_reason: 'because', disks: [], paused_ms: null };
    await catalogue.updateBackup(backup.id, change);
    await catalogue.updateBackup(backup.id, change);
    const changed = await catalogue.backup(backup.id, PROJECT);
    expect(changed).toEqual({ ...backup, ...change, updated_at: expect.any(String) });
    expect(changed?.updated_at).not.toBe(backup.updated_at);
    await catalogue.removeBackup(backup.id);
    await catalogue.removeBackup(backup.id);
    await catalogue.updateBackup(backup.id, change);
    expect(await catalogue.backup(backup.id, null)).toBeUndefined();
  });

  it('remembers the server of a backup for its project only, and forgets it with the backup', async () => {
    const backup = aBackup();
    const { catalogue } = stores();
    await catalogue.putBackup(backup);
    await catalogue.recordServer(backup.id, PROJECT, recordedServer({ name: 'ü' }));
    await catalogue.recordServer(backup.id, PROJECT, recordedServer());
    expect(await catalogue.recordedServer(backup.id, PROJECT)).toEqual(recordedServer());
    expect(await catalogue.recordedServer(backup.id, OTHER_PROJECT)).toBeUndefined();
    await catalogue.removeBackup(backup.id);
    expect(await catalogue.recordedServer(backup.id, PROJECT)).toBeUndefined();
  });

  it('does not let a change move a backup or a restore to another project', async () => {
    const [backup, restore] = [aBackup(), aRestore()];
    await stores().operations.record({ operation: anOperation(), backup, restore, holds: [] });
    await stores().catalogue.updateBackup(backup.id, { project_id: OTHER_PROJECT, id: randomUUID() });
    await stores().catalogue.updateRestore(restore.id, { project_id: OTHER_PROJECT, status: 'available' });
    expect(await stores().catalogue.backup(backup.id, PROJECT)).toMatchObject({ project_id: PROJECT });
    expect(await stores().catalogue.restore(restore.id, PROJECT)).toMatchObject({ status: 'available' });
    expect(await stores().catalogue.backup(backup.id, OTHER_PROJECT)).toBeUndefined();
    expect(await stores().catalogue.restore(restore.id, OTHER_PROJECT)).toBeUndefined();
  });

  it('gives all backups of a server, newest first', async () => {
    const server_id = randomUUID();
    const times = ['2026-01-01', '2026-01-03', '2026-01-02'].map((day) => `${day}T00:00:00.000Z`);
    for (const created_at of times) await stores().catalogue.putBackup(aBackup({ server_id, created_at }));
    await stores().catalogue.putBackup(aBackup({ server_id, project_id: OTHER_PROJECT }));
    const found = await stores().catalogue.backupsOfServer(server_id, PROJECT);
    expect(found.map((backup) => backup.created_at)).toEqual([times[1], times[2], times[0]]);
  });

  it('says so when a number is too large to be exact', async () => {
    const backup = aBackup({ size_bytes: Number.MAX_SAFE_INTEGER + 1 });
    await expect(stores().catalogue.putBackup(backup)).rejects.toMatchObject({ fault: 'bug' });
  });

  it('refuses a text that is too long for its column or keeps all of it', async () => {
    const backup = aBackup({ name: 'n'.repeat(300) });
    const put = await stores()
      .catalogue.putBackup(backup)
      .then(
        () => 'kept',
        (error) => error.code,
      );
    if (put === 'kept') expect(await stores().catalogue.backup(backup.id, null)).toEqual(backup);
    else expect(put).toBe('vm-backup.internal.database');
  });

  describe('lists', () => {
    const server_id = randomUUID();
    const ours: Filter = { field: 'server_id', op: 'eq', values: [server_id] };
    const names = ['b', null, 'a', 'B', null, 'a', 'ä', '💾', 'b', null, 'a'];
    const sizes = [3, null, 1, 3, 2, null, 2, 1, 3, 2, 1];
    const all: Backup[] = names.map((name, n) =>
      aBackup({
        server_id,
        name,
        size_bytes: sizes[n] ?? null,
        incremental: n % 2 === 0,
        created_at: `2026-02-0${1 + (n % 3)}T00:00:00.000Z`,
      }),
    );
    const foreign = aBackup({ server_id, project_id: OTHER_PROJECT });
    const list = (fields: Partial<ListQuery> = {}) =>
      stores().catalogue.listBackups(aQuery({ ...fields, filters: [ours, ...(fields.filters ?? [])] }));
    const found = async (...filters: Filter[]) => (await list({ filters })).map((backup) => backup.id).sort();
    const expected = (keep: (backup: Backup) => boolean) =>
      all
        .filter(keep)
        .map((backup) => backup.id)
        .sort();

    beforeAll(async () => {
      for (const backup of [...all, foreign]) await stores().catalogue.putBackup(backup);
    });

    it.each([
      [[], ['created_at', 'id']],
      [['name'], ['name', 'id']],
      [
        ['-name', 'size_bytes'],
        ['-name', 'size_bytes', 'id'],
      ],
      [
        ['size_bytes', '-name'],
        ['size_bytes', '-name', 'id'],
      ],
      [
        ['incremental', '-created_at'],
        ['incremental', '-created_at', 'id'],
      ],
    ])('pages through ties without repeating or skipping: %j', async (fields) => {
      const sort = fields.map((field) => ({ field: field.replace('-', ''), descending: field.startsWith('-') }));
      const whole = (await list({ sort })).map((backup) => backup.id);
      expect([...whole].sort()).toEqual(expected(() => true));
      for (const limit of [1, 2, 3, 7]) {
        const paged: string[] = [];
        for (;;) {
          const page: Backup[] = await list({ sort, limit, marker: paged.at(-1) ?? null });
          expect(page.length).toBeLessThanOrEqual(limit);
          if (page.length === 0) break;
          paged.push(...page.map((backup) => backup.id));
        }
        expect(paged).toEqual(whole);
      }
    });

    it('sorts names by code point, nothing before everything', async () => {
      const sorted = await list({ sort: [{ field: 'name', descending: false }] });
      expect(sorted.map((backup) => backup.name)).toEqual([
        ...[null, null, null],
        ...['B', 'a', 'a', 'a', 'b', 'b', 'ä', '💾'],
      ]);
    });

    it('is newest first when nothing was asked for', async () => {
      const times = (await list()).map((backup) => backup.created_at);
      expect(times).toEqual([...times].sort().reverse());
    });

    it('filters by each operator', async () => {
      const name = (op: Filter['op'], ...values: string[]): Filter => ({ field: 'name', op, values });
      expect(await found(name('eq', 'a'))).toEqual(expected((b) => b.name === 'a'));
      expect(await found(name('neq', 'a'))).toEqual(expected((b) => b.name !== 'a'));
      expect(await found(name('in', 'a', 'B'))).toEqual(expected((b) => b.name === 'a' || b.name === 'B'));
      expect(await found(name('in'))).toEqual([]);
      expect(await found(name('nin', 'a', 'B'))).toEqual(expected((b) => b.name !== 'a' && b.name !== 'B'));
      expect(await found(name('nin'))).toEqual(expected(() => true));
      const size = (op: Filter['op'], value: string): Filter => ({ field: 'size_bytes', op, values: [value] });
      expect(await found(size('gt', '2'))).toEqual(expected((b) => (b.size_bytes ?? 0) > 2));
      expect(await found(size('gte', '2'))).toEqual(expected((b) => (b.size_bytes ?? 0) >= 2));
      expect(await found(size('lt', '2'))).toEqual(expected((b) => b.size_bytes !== null && b.size_bytes < 2));
      expect(await found(size('lte', '2'))).toEqual(expected((b) => b.size_bytes !== null && b.size_bytes <= 2));
      expect(await found({ field: 'incremental', op: 'eq', values: ['true'] })).toEqual(expected((b) => b.incremental));
    });

    it('compares times in any notation, and joins filters by AND', async () => {
      const time = (op: Filter['op'], value: string): Filter => ({ field: 'created_at', op, values: [value] });
      const day = expected((b) => b.created_at.startsWith('2026-02-02'));
      expect(await found(time('gte', '2026-02-02T01:00:00+01:00'), time('lt', '2026-02-03'))).toEqual(day);
      expect(await found(time('eq', '2026-02-02T00:00:00Z'))).toEqual(day);
    });

    it('takes filter values for text and nothing else', async () => {
      for (const text of ["a' or '1'='1", '%', 'a%', '_', '\\', 'a\0', ''])
        expect(await found({ field: 'name', op: 'eq', values: [text] })).toEqual([]);
    });

    it.each<Filter>([
      { field: 'disks', op: 'eq', values: ['x'] },
      { field: '__proto__', op: 'eq', values: ['x'] },
      { field: 'id or 1=1', op: 'eq', values: ['x'] },
      { field: 'size_bytes', op: 'gt', values: ['1e3'] },
      { field: 'size_bytes', op: 'gt', values: ['9'.repeat(30)] },
      { field: 'created_at', op: 'gt', values: ['yesterday'] },
      { field: 'incremental', op: 'eq', values: ['maybe'] },
      { field: 'name', op: 'eq', values: ['a', 'b'] },
      { field: 'name', op: 'eq', values: [] },
    ])('refuses the filter %j', async (filter) => {
      const invalid = { code: 'vm-backup.filter.invalid', status: 400 };
      await expect(list({ filters: [filter] })).rejects.toMatchObject(invalid);
    });

    it('refuses to sort by what is not a column', async () => {
      const sort = [{ field: 'metadata', descending: false }];
      await expect(list({ sort })).rejects.toMatchObject({ code: 'vm-backup.sort.invalid', status: 400 });
    });

    it('knows no marker of another project', async () => {
      const unknown = { code: 'vm-backup.marker.unknown', status: 400 };
      await expect(list({ marker: foreign.id })).rejects.toMatchObject(unknown);
      await expect(list({ marker: randomUUID() })).rejects.toMatchObject(unknown);
      expect(await list({ marker: foreign.id, projectId: null })).toBeDefined();
    });

    it('shows no other project’s rows, whatever the filters say', async () => {
      expect(await found({ field: 'project_id', op: 'eq', values: [OTHER_PROJECT] })).toEqual([]);
      expect(await found({ field: 'id', op: 'in', values: [foreign.id] })).toEqual([]);
      expect(await list({ projectId: null })).toHaveLength(all.length + 1);
      expect(await stores().catalogue.countBackups(aQuery({ filters: [ours], limit: 1 }))).toBe(all.length);
      expect(await stores().catalogue.countBackups(aQuery({ filters: [ours], projectId: null }))).toBe(all.length + 1);
    });
  });

  it('lists restores', async () => {
    const backup_id = randomUUID();
    const restores = [aRestore({ backup_id }), aRestore({ backup_id, project_id: OTHER_PROJECT })];
    for (const restore of restores) await stores().operations.record({ operation: anOperation(), restore, holds: [] });
    const filters: Filter[] = [{ field: 'backup_id', op: 'eq', values: [backup_id] }];
    expect(await stores().catalogue.listRestores(aQuery({ filters }))).toEqual([restores[0]]);
    expect(await stores().catalogue.countRestores(aQuery({ filters }))).toBe(1);
    expect(await stores().catalogue.countRestores(aQuery({ filters, projectId: null }))).toBe(2);
  });
}

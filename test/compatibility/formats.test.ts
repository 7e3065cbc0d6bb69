import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { rowsOf } from './fill-tables.ts';
import type { RecordedOperation } from './recorded.ts';
import { keysOfTarget, readTargetInfo, verifyRun } from './release.ts';
import { MANIFEST_KEY } from './settings.ts';
import { releases, Unpacked } from './unpacked.ts';

/** Tables that a migration empties into others. */
const REPLACED: Record<string, string> = { server_holds: 'holds' };
/** The lines of Kysely about its own migrations. */
const OF_MIGRATIONS = /^kysely_/;

/** What an earlier release wrote is read by this one, byte for byte and row for row. */
describe.each(releases)('what release %s wrote', (name) => {
  let left: Unpacked;
  /** One of each scenario: the others hold the same kinds of things. */
  let some: RecordedOperation[];

  beforeAll(async () => {
    left = await Unpacked.of(name);
    some = [...new Map(left.operations.map((one) => [one.name, one])).values()];
  });
  afterAll(() => left.close());

  test('no row of its database is lost', () => {
    const before = new DatabaseSync(left.databaseBefore, { readOnly: true });
    const after = new DatabaseSync(left.databaseNow, { readOnly: true });
    const tables = tablesOf(before);
    expect(tables.length).toBeGreaterThan(15);
    for (const table of tables) {
      const [was, is] = [count(before, table), count(after, REPLACED[table] ?? table)];
      expect(`${table} had ${was}`).not.toBe(`${table} had 0`);
      if (table in REPLACED) expect(is).toBeGreaterThanOrEqual(was);
      else expect(`${table} has ${is}`).toBe(`${table} has ${was}`);
    }
    before.close();
    after.close();
  });

  test('every kind of row says what it said', async () => {
    const now = (await rowsOf(left.release)) as unknown as Record<string, unknown[]>;
    for (const [kind, rows] of Object.entries(left.rows)) {
      expect(rows.length).toBeGreaterThan(0);
      // Lists leave out long columns by now; what they hold is used by the operations that are continued.
      const was = rows.map(({ environment: _e, input: _i, ...row }) => expect.objectContaining(row));
      expect([kind, JSON.parse(JSON.stringify(now[kind]))]).toEqual([kind, was]);
    }
  });

  test('both targets are known by their marks', async () => {
    for (const target of ['first', 'second'])
      expect(await readTargetInfo(left.release.targets.get(target), MANIFEST_KEY)).toBeDefined();
  });

  test('every manifest is authentic and complete', async () => {
    let seen = 0;
    for (const { projectId, serverId } of left.operations)
      for (const target of ['first', 'second'])
        seen += (await left.release.manifests(target, { projectId, serverId })).length;
    expect(seen).toBeGreaterThan(left.operations.length);
  });

  test('every segment of good backups is whole, plain or encrypted, and every chain restores the disk', async () => {
    const seen = { plain: 0, sealed: 0, increments: 0 };
    for (const { undone, projectId, serverId, sealed } of some) {
      for (const [id, { target, disks }] of Object.entries(undone.backups)) {
        const all = await left.release.manifests(target, { projectId, serverId });
        const manifest = all.find((one) => one.backup.id === id);
        for (const { id: disk, runs, size_bytes: sizeBytes, snap: toSnap } of manifest?.disks ?? []) {
          for (const run of runs) await verifyRun(left.release.targets.get(target), run, left.release.keys);
          const content = await left.release.contentOf({ target, runs, sizeBytes, toSnap });
          expect([disk, content.hashOf('pool/disk')]).toEqual([disk, disks[disk]]);
          seen[sealed ? 'sealed' : 'plain'] += 1;
          if (runs.length > 1) seen.increments += 1;
        }
      }
    }
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(3);
  });

  test('every key of a project is there and opens', async () => {
    const projects = left.operations.flatMap(({ sealed, undone, projectId }) =>
      sealed && Object.keys(undone.backups).length > 0 ? [projectId] : [],
    );
    for (const project of projects) {
      const target = left.release.targets.get('first');
      const { keys } = await keysOfTarget(target, project, MANIFEST_KEY);
      for (const id of keys.keys()) expect((await left.release.keys.find(target, project, id)).id).toBe(id);
      expect([project, keys.size]).toEqual([project, 1]);
    }
    expect(projects.length).toBeGreaterThan(3);
  });
});

function tablesOf(db: DatabaseSync): string[] {
  const rows = db.prepare(`select name from sqlite_master where type = 'table' order by name`).all();
  return rows.map((row) => String(row.name)).filter((table) => !OF_MIGRATIONS.test(table) && !EMPTY.includes(table));
}

const count = (db: DatabaseSync, table: string): number =>
  Number(db.prepare(`select count(*) as many from ${table}`).get()?.many);

/** Tables that hold rows within a transaction only, or that an open operation keeps none in. */
const EMPTY: readonly string[] = ['quota_turns', 'old_trusts', 'sqlite_sequence'];

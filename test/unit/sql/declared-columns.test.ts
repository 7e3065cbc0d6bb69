import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { migrate } from '../../../src/adapters/sql/database/migrate.ts';
import { type Database, openDatabase } from '../../../src/adapters/sql/database/open-database.ts';
import { readRow, rowOf } from '../../../src/adapters/sql/database/row-codec.ts';
import { LISTED, type ListedTable } from '../../../src/adapters/sql/lists/list-fields.ts';
import { countRows, listRows } from '../../../src/adapters/sql/lists/list-rows.ts';
import type { Field, Fields } from '../../../src/domain/fields.ts';
import { sampleOf } from '../../world/declared.ts';

/** Columns that are no field of the resource: how it is worked on. */
const OTHERS: Partial<Record<string, string[]>> = {
  operations: ['trouble', 'fence', 'beat', 'worker', 'look_at', 'waits', 'left_told', 'recorded'],
};

let db: Database;
beforeAll(async () => {
  db = openDatabase('sqlite::memory:');
  await migrate(db);
  // rows stand alone here: a run without its policy
  await sql`pragma foreign_keys = off`.execute(db);
});
afterAll(() => db.destroy());

const tables = Object.entries(LISTED) as [ListedTable, Fields][];
const others = (table: string, value: unknown) =>
  Object.fromEntries((OTHERS[table] ?? []).map((name) => [name, value]));
const asked = (field: string, value: unknown) => ({
  projectId: null,
  filters: [{ field, op: 'eq' as const, values: [String(value)] }],
  sort: [{ field, descending: true }],
  limit: 10,
  marker: null,
});

async function put(table: ListedTable, fields: Fields, resource: object): Promise<void> {
  const row = { ...others(table, 0), ...rowOf(fields, resource as never) };
  await db
    .insertInto(table)
    .values(row as never)
    .execute();
}

describe.each(tables)('%s', (table, fields) => {
  test('each declared field has a column, which takes null where the field does, and no column is left over', async () => {
    const known = (await db.introspection.getTables()).find(({ name }) => name === table);
    const columns = Object.fromEntries(known?.columns.map(({ name, isNullable }) => [name, isNullable]) ?? []);
    const wanted = Object.entries(fields).map(([name, { nullable, older }]) => [name, nullable ?? older !== undefined]);
    for (const name of OTHERS[table] ?? []) delete columns[name];
    expect(columns).toEqual(Object.fromEntries(wanted));
  });

  test('what is written is read again, in every field', async () => {
    const whole = sampleOf(fields, 1);
    const empty = Object.fromEntries(
      Object.entries(sampleOf(fields, 2)).map(([name, value]) => [name, fields[name]?.nullable ? null : value]),
    );
    for (const resource of [whole, empty]) {
      await put(table, fields, resource);
      const row = await db
        .selectFrom(table)
        .selectAll()
        .where('id', '=', String(resource.id))
        .executeTakeFirstOrThrow();
      expect(readRow(fields, row as never)).toEqual(resource);
    }
  });

  test('lists are filtered and sorted by the fields that say so and by no other, and leave out what says so', async () => {
    const one = sampleOf(fields, 3);
    await put(table, fields, one);
    for (const [name, field] of Object.entries(fields) as [string, Field][]) {
      const query = asked(name, one[name]);
      if (field.filter === undefined) {
        await expect(countRows(db, table, query)).rejects.toMatchObject({ code: 'vm-backup.filter.invalid' });
        continue;
      }
      const rows = await listRows(db, table, query);
      expect([name, rows.map(({ id }) => id)]).toEqual([name, expect.arrayContaining([one.id])]);
    }
    const [row] = await listRows(db, table, asked('id', one.id));
    for (const [name, field] of Object.entries(fields))
      expect([name, name in (row ?? {})]).toEqual([name, !field.unlisted]);
  });
});

test('a row that is older than a column reads as the declaration says', () => {
  const fields = { disks: { kind: 'json', older: [] } } as const satisfies Fields;
  const row = { disks: null };
  const read = readRow(fields, row).disks as unknown[];
  expect(read).toEqual([]);
  read.push('somebody keeps it');
  expect(readRow(fields, row).disks).toEqual([]);
});

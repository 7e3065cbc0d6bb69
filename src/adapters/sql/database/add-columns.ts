import { CompiledQuery, type Kysely } from 'kysely';

/**
 * `columns`: name → type in a form that SQLite and MariaDB both read, like `varchar(30)`. Existing rows get null, or
 * the type's default.
 */
export async function addColumns(db: Kysely<unknown>, table: string, columns: Record<string, string>): Promise<void> {
  const known = (await db.introspection.getTables()).find(({ name }) => name === table);
  const there = new Set(known?.columns.map(({ name }) => name));
  // A statement that changes a table cannot be rolled back everywhere: a migration may run twice.
  for (const [name, type] of Object.entries(columns))
    if (!there.has(name)) await db.executeQuery(CompiledQuery.raw(`alter table ${table} add column ${name} ${type}`));
}

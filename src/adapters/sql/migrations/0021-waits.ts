import { CompiledQuery, type Kysely } from 'kysely';

/** Operations that wait for the world give their worker's place back, and are looked at again later. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const operations = (await db.introspection.getTables()).find((table) => table.name === 'operations');
  const there = new Set(operations?.columns.map((column) => column.name));
  // A statement that changes a table cannot be rolled back everywhere: this migration may run twice.
  const add = (name: string, type: string) =>
    there.has(name)
      ? undefined
      : db.executeQuery(CompiledQuery.raw(`alter table operations add column ${name} ${type}`));
  await add('look_at', 'varchar(30)');
  await add('waits', 'int not null default 0');
}

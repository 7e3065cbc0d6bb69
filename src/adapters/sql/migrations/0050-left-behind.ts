import { CompiledQuery, type Kysely } from 'kysely';

/** Whether it was written down what an operation leaves in the other services: of those that ended before this, it was not. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const operations = (await db.introspection.getTables()).find((table) => table.name === 'operations');
  // A statement that changes a table cannot be rolled back everywhere: this migration may run twice.
  if (operations?.columns.some((column) => column.name === 'left_told')) return;
  await db.executeQuery(CompiledQuery.raw('alter table operations add column left_told int not null default 0'));
}

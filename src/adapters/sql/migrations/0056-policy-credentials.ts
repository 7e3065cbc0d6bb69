import { CompiledQuery, type Kysely } from 'kysely';

/** With which application credential a policy was saved: it does not outlive it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const table = (await db.introspection.getTables()).find(({ name }) => name === 'policies');
  // A statement that changes a table cannot be rolled back everywhere: this migration may run twice.
  if (table?.columns.some((column) => column.name === 'credential_id')) return;
  await db.executeQuery(CompiledQuery.raw('alter table policies add column credential_id varchar(64)'));
}

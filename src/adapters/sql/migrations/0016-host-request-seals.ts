import { CompiledQuery, type Kysely } from 'kysely';

const COLUMNS = { expires_at: 'varchar(30)', seal: 'char(64)', answer_seal: 'char(64)' };

/** Who asked, and who answered. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const table = (await db.introspection.getTables()).find(({ name }) => name === 'host_requests');
  const there = new Set(table?.columns.map((column) => column.name));
  // A statement that changes a table cannot be rolled back everywhere: this migration may run twice.
  for (const [name, type] of Object.entries(COLUMNS))
    if (!there.has(name))
      await db.executeQuery(CompiledQuery.raw(`alter table host_requests add column ${name} ${type}`));
}

import { CompiledQuery, type Kysely } from 'kysely';
import { createTable } from '../database/create-table.ts';

/** What a new server was made after, for the API, which does not read targets; and what could not be the same. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createTable(db, {
    name: 'recorded_servers',
    clauses: ['point_id char(36) not null primary key', 'project_id varchar(64) not null', 'record longtext not null'],
  });
  const restores = (await db.introspection.getTables()).find((table) => table.name === 'restores');
  // A statement that changes a table cannot be rolled back everywhere: this migration may run twice.
  if (restores?.columns.some((column) => column.name === 'differences')) return;
  await db.executeQuery(CompiledQuery.raw('alter table restores add column differences longtext'));
}

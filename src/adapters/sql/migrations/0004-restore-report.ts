import type { Kysely } from 'kysely';
import { addColumns } from '../database/add-columns.ts';
import { createTable } from '../database/create-table.ts';

/** What new servers are planned from, for the API, which does not read targets; and what could not be the same. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createTable(db, {
    name: 'recorded_servers',
    clauses: ['point_id char(36) not null primary key', 'project_id varchar(64) not null', 'record longtext not null'],
  });
  await addColumns(db, 'restores', { differences: 'longtext' });
}

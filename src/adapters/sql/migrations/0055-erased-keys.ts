import type { Kysely } from 'kysely';
import { createTable } from '../database/create-table.ts';

/** Keys of projects that were erased on purpose: nobody who writes on a target may undo that. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createTable(db, {
    name: 'erased_keys',
    clauses: [
      'key_id char(36) not null primary key',
      'project_id varchar(64) not null',
      'erased_at varchar(30) not null',
    ],
    indexes: { erased_keys_of_project: ['project_id'] },
  });
}

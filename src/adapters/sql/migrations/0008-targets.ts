import type { Kysely } from 'kysely';
import { addColumns } from '../database/add-columns.ts';
import { createTable } from '../database/create-table.ts';

/** How targets are doing, for the API, which has no key of any; and which backup another one is a copy of. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createTable(db, {
    name: 'target_reports',
    clauses: [
      'target varchar(64) not null',
      'host varchar(255) not null',
      'available smallint not null',
      'fail_code varchar(128)',
      'total_bytes bigint',
      'free_bytes bigint',
      'reported_at varchar(30) not null',
      'primary key (target, host)',
    ],
  });
  await addColumns(db, 'backups', { copy_of: 'char(36)' });
}

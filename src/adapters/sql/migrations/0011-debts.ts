import type { Kysely } from 'kysely';
import { createTable } from '../database/create-table.ts';

/** No foreign key: a debt outlives its operation. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createTable(db, {
    name: 'debts',
    clauses: [
      'kind varchar(40) not null',
      'subject varchar(255) not null',
      'details longtext not null',
      'project_id varchar(64) null',
      'operation_id char(36) null',
      'code varchar(120) not null',
      'reason longtext not null',
      'since char(24) not null',
      'tries integer not null',
      'tried_at char(24) null',
      'next_try_at char(24) not null',
      'primary key (kind, subject)',
    ],
    indexes: { debts_due: ['next_try_at'], debts_age: ['since'] },
  });
}

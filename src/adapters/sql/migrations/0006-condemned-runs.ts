import type { Kysely } from 'kysely';
import { createTable } from '../database/create-table.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await createTable(db, {
    name: 'condemned_runs',
    clauses: [
      'target varchar(64) not null',
      'object varchar(255) not null',
      'server_id char(36) not null',
      'since varchar(30) not null',
      'primary key (target, object)',
    ],
    indexes: { condemned_runs_of_server: ['server_id'] },
  });
}

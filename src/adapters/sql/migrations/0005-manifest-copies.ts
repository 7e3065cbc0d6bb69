import type { Kysely } from 'kysely';
import { createTable } from '../database/create-table.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await createTable(db, {
    name: 'manifest_copies',
    clauses: [
      'backup_id char(36) not null primary key',
      'sealed longtext not null',
      'foreign key (backup_id) references backups (id) on delete cascade',
    ],
  });
}

import type { Kysely } from 'kysely';
import { createTable } from '../database/create-table.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await createTable(db, {
    name: 'served_disks',
    clauses: [
      'token_sha256 char(64) not null primary key',
      'operation_id char(36) not null',
      'disk_id char(36) not null',
      'target varchar(64) not null',
      'runs longtext not null',
      'size_bytes bigint not null',
      'virtual_bytes bigint not null',
      'foreign key (operation_id) references operations (id) on delete cascade',
    ],
    indexes: { served_disks_of_operation: ['operation_id', 'disk_id'] },
  });
}

import type { Kysely } from 'kysely';
import { createTable } from '../database/create-table.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await createTable(db, {
    name: 'host_requests',
    clauses: [
      'id char(36) not null primary key',
      'operation_id char(36) not null',
      'fence bigint not null',
      'host varchar(255) not null',
      'request longtext not null',
      'status varchar(64) not null',
      'result longtext',
      'failure longtext',
      'created_at varchar(30) not null',
      'updated_at varchar(30) not null',
      'foreign key (operation_id) references operations (id) on delete cascade',
    ],
    indexes: { host_requests_of_host: ['host', 'status'], host_requests_of_operation: ['operation_id'] },
  });
}

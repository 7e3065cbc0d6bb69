import type { Kysely } from 'kysely';
import { createTable } from '../database/create-table.ts';

/** A `share` of -1 says since when a target is read in this many shares. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createTable(db, {
    name: 'verify_shares',
    clauses: [
      'target varchar(63) not null',
      'shares integer not null',
      'share integer not null',
      'day integer not null',
      'done integer not null',
      'after_object varchar(255) not null',
      'objects bigint not null',
      'bytes bigint not null',
      'bad bigint not null',
      'worker varchar(255) not null',
      'updated_at varchar(30) not null',
      'primary key (target, shares, share)',
    ],
  });
}

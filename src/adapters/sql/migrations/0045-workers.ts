import type { Kysely } from 'kysely';
import { createTable } from '../database/create-table.ts';

/** Which workers there are: each reports that it lives. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createTable(db, {
    name: 'workers',
    clauses: [
      'worker varchar(255) not null primary key',
      'host varchar(255) not null',
      'release_name varchar(64) not null',
      'concurrency integer not null',
      'running integer not null',
      'started_at varchar(30) not null',
      'seen_at varchar(30) not null',
    ],
  });
}

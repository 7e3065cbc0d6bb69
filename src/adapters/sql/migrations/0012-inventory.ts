import { CompiledQuery, type Kysely } from 'kysely';
import { createTable } from '../database/create-table.ts';

/**
 * Which installation this is; every id that it ever gave to what leaves names in Ceph; since when the inventory sees
 * what belongs to nobody. Ids stay when their records go.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createTable(db, {
    name: 'installation',
    clauses: ['one integer not null primary key', 'id char(36) not null'],
  });
  await createTable(db, { name: 'own_ids', clauses: ['id char(36) not null primary key'] });
  await createTable(db, {
    name: 'inventory_seen',
    clauses: ['place varchar(255) not null primary key', 'since char(24) not null'],
  });
  for (const [table, column] of [
    ['backups', 'id'],
    ['snapshots', 'id'],
    ['operations', 'id'],
    ['operations', 'resource_id'],
  ]) {
    await db.executeQuery(
      CompiledQuery.raw(
        `insert into own_ids (id) select distinct ${column} from ${table} where ${column} not in (select id from own_ids)`,
      ),
    );
  }
}

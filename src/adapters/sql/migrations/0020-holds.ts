import { type Kysely, sql } from 'kysely';
import { backupsHoldId, disksHoldId } from '../../../domain/names.ts';
import { createTable } from '../database/create-table.ts';

const ID = 'char(36)';

/**
 * Several operations that only read may hold the same thing. What open operations hold of a server covers from now on
 * its disks and its backups too. The former table goes: a process of a former release, which would not see the new one,
 * fails.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createTable(db, {
    name: 'holds',
    clauses: [
      `thing ${ID} not null`,
      `operation_id ${ID} not null`,
      'exclusive smallint not null default 0',
      'primary key (thing, operation_id)',
      'foreign key (operation_id) references operations (id) on delete cascade',
    ],
    indexes: { holds_of_operation: ['operation_id'] },
  });
  await createTable(db, { name: 'hold_turns', clauses: [`thing ${ID} not null primary key`, 'taken bigint not null'] });
  await takeOver(db);
  await sql`drop table if exists server_holds`.execute(db);
}

/** Some of its work may be done already. */
async function takeOver(db: Kysely<unknown>): Promise<void> {
  const old = (await db.introspection.getTables()).some((table) => table.name === 'server_holds');
  if (!old) return;
  const { rows } = await sql<{ server_id: string; operation_id: string }>`
    select server_id, operation_id from server_holds`.execute(db);
  for (const { server_id, operation_id } of rows) {
    for (const thing of [server_id, backupsHoldId(server_id), disksHoldId(server_id)]) {
      await sql`delete from holds where thing = ${thing} and operation_id = ${operation_id}`.execute(db);
      await sql`insert into holds (thing, operation_id, exclusive) values (${thing}, ${operation_id}, 1)`.execute(db);
    }
  }
}

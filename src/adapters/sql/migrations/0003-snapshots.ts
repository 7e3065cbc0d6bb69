import { CompiledQuery, type Kysely, SqliteAdapter } from 'kysely';
import { createTable, type TableText } from '../database/create-table.ts';

const ID = 'char(36)';
const KEYSTONE_ID = 'varchar(64)';
const WORD = 'varchar(64)';
const NAME = 'varchar(255)';
const TIME = 'varchar(30)';
const BIT = 'smallint not null default 0';

const snapshots: TableText = {
  name: 'snapshots',
  clauses: [
    `id ${ID} not null primary key`,
    `project_id ${KEYSTONE_ID} not null`,
    `user_id ${KEYSTONE_ID} not null`,
    `server_id ${ID} not null`,
    `server_name ${NAME} not null`,
    `name ${NAME}`,
    'description text',
    `status ${WORD} not null`,
    'fail_code varchar(128)',
    'fail_reason text',
    `parent_id ${ID}`,
    `protected ${BIT}`,
    `safety ${BIT}`,
    `expires_at ${TIME}`,
    `memory ${BIT}`,
    `consistency ${WORD}`,
    'paused_ms bigint',
    `data_timestamp ${TIME}`,
    'size_bytes bigint',
    `operation_id ${ID} not null`,
    'disks longtext not null',
    'environment longtext not null',
    'metadata longtext not null',
    `created_at ${TIME} not null`,
    `updated_at ${TIME} not null`,
  ],
  indexes: {
    snapshots_of_project: ['project_id', 'created_at', 'id'],
    snapshots_of_server: ['server_id', 'created_at', 'id'],
    snapshots_of_parent: ['parent_id'],
    snapshots_by_expiry: ['expires_at'],
  },
};

const serverPositions: TableText = {
  name: 'server_positions',
  clauses: [`server_id ${ID} not null primary key`, `project_id ${KEYSTONE_ID} not null`, `snapshot_id ${ID} not null`],
  indexes: { server_positions_at: ['snapshot_id'] },
};

export async function up(db: Kysely<unknown>): Promise<void> {
  await createTable(db, snapshots);
  await createTable(db, serverPositions);
  await restoresOfSnapshots(db);
}

/** A restore is of a backup or of a snapshot. */
async function restoresOfSnapshots(db: Kysely<unknown>): Promise<void> {
  const run = (text: string) => db.executeQuery(CompiledQuery.raw(text));
  if (!(db.getExecutor().adapter instanceof SqliteAdapter)) {
    await run(`alter table restores modify backup_id ${ID} null, add column if not exists snapshot_id ${ID} null`);
    return;
  }
  // SQLite cannot drop a `not null`: a second column takes the values over, and then the name.
  await run('drop index if exists restores_of_backup');
  await run(`alter table restores add column snapshot_id ${ID}`);
  await run(`alter table restores add column backup_or_none ${ID}`);
  await run('update restores set backup_or_none = backup_id');
  await run('alter table restores drop column backup_id');
  await run('alter table restores rename column backup_or_none to backup_id');
  await run('create index restores_of_backup on restores (backup_id, created_at)');
}

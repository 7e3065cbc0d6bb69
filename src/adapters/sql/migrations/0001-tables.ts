import type { Kysely } from 'kysely';
import { createTable, type TableText } from '../database/create-table.ts';

/** Ids of our own things and of Nova's and Cinder's are UUIDs; Keystone's ids have up to 64 characters. */
const ID = 'char(36)';
const KEYSTONE_ID = 'varchar(64)';
const WORD = 'varchar(64)';
const NAME = 'varchar(255)';
const TIME = 'varchar(30)';
const BIT = 'smallint not null default 0';
const BYTES = 'bigint';
const JSON_TEXT = 'longtext';

const operations: TableText = {
  name: 'operations',
  clauses: [
    `id ${ID} not null primary key`,
    `workflow ${WORD} not null`,
    `project_id ${KEYSTONE_ID} not null`,
    `user_id ${KEYSTONE_ID} not null`,
    `request_id ${WORD} not null`,
    `global_request_id ${WORD}`,
    `resource_type ${WORD} not null`,
    `resource_id ${ID} not null`,
    `input ${JSON_TEXT} not null`,
    `status ${WORD} not null`,
    `committed ${BIT}`,
    `undoing ${BIT}`,
    `cancel_requested ${BIT}`,
    `progress int not null default 0`,
    `bytes_done ${BYTES} not null default 0`,
    `bytes_total ${BYTES} not null default 0`,
    `failure ${JSON_TEXT}`,
    `trouble ${JSON_TEXT}`,
    `fence bigint not null default 0`,
    `beat bigint not null default 0`,
    `worker ${NAME}`,
    `recorded ${JSON_TEXT} not null`,
    `created_at ${TIME} not null`,
    `updated_at ${TIME} not null`,
    `started_at ${TIME}`,
    `finished_at ${TIME}`,
    `deadline_at ${TIME} not null`,
  ],
  indexes: {
    operations_of_project: ['project_id', 'created_at', 'id'],
    operations_by_status: ['status', 'created_at'],
    operations_by_resource: ['resource_id', 'created_at'],
  },
};

const journal: TableText = {
  name: 'journal',
  clauses: [
    `operation_id ${ID} not null`,
    'seq int not null',
    '`key` varchar(191) not null',
    `state ${WORD} not null`,
    `input ${JSON_TEXT} not null`,
    `output ${JSON_TEXT} not null`,
    `started_at ${TIME} not null`,
    `finished_at ${TIME}`,
    'primary key (operation_id, seq)',
    'unique (operation_id, `key`)',
    'foreign key (operation_id) references operations (id) on delete cascade',
  ],
};

const serverHolds: TableText = {
  name: 'server_holds',
  clauses: [
    `server_id ${ID} not null primary key`,
    `operation_id ${ID} not null`,
    'foreign key (operation_id) references operations (id) on delete cascade',
  ],
  indexes: { server_holds_of_operation: ['operation_id'] },
};

const backups: TableText = {
  name: 'backups',
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
    `incremental ${BIT}`,
    `base_backup_id ${ID}`,
    `consistency ${WORD}`,
    'paused_ms bigint',
    `data_timestamp ${TIME}`,
    `size_bytes ${BYTES}`,
    `changed_bytes ${BYTES}`,
    `stored_bytes ${BYTES}`,
    `target ${NAME} not null`,
    `operation_id ${ID} not null`,
    `disks ${JSON_TEXT} not null`,
    `metadata ${JSON_TEXT} not null`,
    `created_at ${TIME} not null`,
    `updated_at ${TIME} not null`,
  ],
  indexes: {
    backups_of_project: ['project_id', 'created_at', 'id'],
    backups_of_server: ['server_id', 'created_at', 'id'],
    backups_of_base: ['base_backup_id', 'status'],
    backups_by_status: ['status', 'created_at'],
  },
};

const restores: TableText = {
  name: 'restores',
  clauses: [
    `id ${ID} not null primary key`,
    `project_id ${KEYSTONE_ID} not null`,
    `user_id ${KEYSTONE_ID} not null`,
    `backup_id ${ID} not null`,
    `mode ${WORD} not null`,
    `name ${NAME}`,
    `server_id ${ID}`,
    `disks ${JSON_TEXT} not null`,
    `status ${WORD} not null`,
    'fail_code varchar(128)',
    'fail_reason text',
    `volumes ${JSON_TEXT} not null`,
    `operation_id ${ID} not null`,
    `created_at ${TIME} not null`,
    `updated_at ${TIME} not null`,
  ],
  indexes: {
    restores_of_project: ['project_id', 'created_at', 'id'],
    restores_of_backup: ['backup_id', 'created_at'],
    restores_of_server: ['server_id', 'created_at'],
    restores_by_status: ['status', 'created_at'],
  },
};

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of [operations, journal, serverHolds, backups, restores]) await createTable(db, table);
}

import type { Kysely } from 'kysely';
import { addColumns } from '../database/add-columns.ts';
import { createTable, type TableText } from '../database/create-table.ts';

const ID = 'char(36)';
const KEYSTONE_ID = 'varchar(64)';
const WORD = 'varchar(64)';
const CODE = 'varchar(128)';
const NAME = 'varchar(255)';
const TIME = 'varchar(30)';
const BIT = 'smallint not null default 0';
const JSON_TEXT = 'longtext';

const policies: TableText = {
  name: 'policies',
  clauses: [
    `id ${ID} not null primary key`,
    `project_id ${KEYSTONE_ID} not null`,
    `user_id ${KEYSTONE_ID} not null`,
    `name ${NAME}`,
    'description text',
    `enabled ${BIT}`,
    `servers ${JSON_TEXT} not null`,
    `schedule ${JSON_TEXT} not null`,
    `consistency ${WORD} not null`,
    `targets ${JSON_TEXT} not null`,
    `retention ${JSON_TEXT} not null`,
    'rpo_minutes int',
    `acts_by ${WORD} not null`,
    `trust_id ${KEYSTONE_ID}`,
    `roles ${JSON_TEXT} not null`,
    `next_run_at ${TIME}`,
    `last_run_at ${TIME}`,
    `retained_at ${TIME}`,
    `fail_code ${CODE}`,
    'fail_reason text',
    `created_at ${TIME} not null`,
    `updated_at ${TIME} not null`,
  ],
  indexes: { policies_of_project: ['project_id', 'created_at', 'id'], policies_by_time: ['enabled', 'next_run_at'] },
};

const runs: TableText = {
  name: 'policy_runs',
  clauses: [
    `id ${ID} not null primary key`,
    `policy_id ${ID} not null`,
    `project_id ${KEYSTONE_ID} not null`,
    `server_id ${ID} not null`,
    `server_name ${NAME} not null`,
    `target ${WORD} not null`,
    `planned_at ${TIME} not null`,
    `due_at ${TIME} not null`,
    `until_at ${TIME} not null`,
    `status ${WORD} not null`,
    `operation_id ${ID}`,
    `backup_id ${ID}`,
    `fail_code ${CODE}`,
    'fail_reason text',
    `places ${JSON_TEXT} not null`,
    `created_at ${TIME} not null`,
    `updated_at ${TIME} not null`,
    'unique (policy_id, server_id, target, planned_at)',
    'foreign key (policy_id) references policies (id) on delete cascade',
  ],
  indexes: {
    policy_runs_of_project: ['project_id', 'created_at', 'id'],
    policy_runs_by_status: ['status', 'due_at'],
    policy_runs_of_operation: ['operation_id'],
  },
};

/** Trusts of policies that are deleted or have another one; Keystone has not confirmed yet that it removed them. */
const oldTrusts: TableText = {
  name: 'old_trusts',
  clauses: [`trust_id ${KEYSTONE_ID} not null primary key`, `created_at ${TIME} not null`],
};

/** Work that only one process does at a time. */
const turns: TableText = {
  name: 'turns',
  clauses: [
    `name ${WORD} not null primary key`,
    `holder ${NAME} not null`,
    'beat bigint not null',
    `report ${JSON_TEXT} not null`,
  ],
};

const messages: TableText = {
  name: 'messages',
  clauses: [
    `id ${ID} not null primary key`,
    `project_id ${KEYSTONE_ID} not null`,
    `request_id ${WORD}`,
    `message_level ${WORD} not null`,
    `event_id ${CODE} not null`,
    `resource_type ${WORD} not null`,
    `resource_uuid ${ID} not null`,
    'user_message text not null',
    `created_at ${TIME} not null`,
    `guaranteed_until ${TIME} not null`,
  ],
  indexes: {
    messages_of_project: ['project_id', 'created_at', 'id'],
    messages_of_resource: ['resource_uuid'],
    messages_by_end: ['guaranteed_until'],
  },
};

const quotas: TableText = {
  name: 'quotas',
  clauses: [
    `project_id ${KEYSTONE_ID} not null`,
    `resource ${WORD} not null`,
    'most bigint not null',
    'primary key (project_id, resource)',
  ],
};

/**
 * Written first by a transaction that counts a project's things before it adds one: the row's lock makes them take
 * turns.
 */
const quotaTurns: TableText = {
  name: 'quota_turns',
  clauses: [`project_id ${KEYSTONE_ID} not null primary key`, 'taken bigint not null'],
};

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of [policies, runs, oldTrusts, turns, messages, quotas, quotaTurns]) await createTable(db, table);
  await addColumns(db, 'backups', { policy_id: ID, planned_at: TIME, protected: BIT });
}

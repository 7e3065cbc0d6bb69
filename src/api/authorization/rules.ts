/** Who may do what, by default. The operator overrides single rules in the policy file. */
export interface RuleDefault {
  name: string;
  check: string;
  description: string;
  operations: { method: string; path: string }[];
}

const READER = 'rule:project_reader';
const MEMBER = 'rule:project_member';

const rule = (name: string, check: string, description: string, ...calls: string[]) => ({
  name: `vm-backup:${name}`,
  check,
  description,
  operations: calls.map((call) => {
    const [method = '', path = ''] = call.split(' ');
    return { method, path };
  }),
});

/** `admin` includes `member` includes `reader` by Keystone's implied roles, which come with the token. */
export const RULES = [
  { name: 'admin_required', check: 'role:admin', description: 'An administrator of the cloud.', operations: [] },
  {
    name: 'project_reader',
    check: '(role:reader and project_id:%(project_id)s) or rule:admin_required',
    description: 'Somebody who may look at the project.',
    operations: [],
  },
  {
    name: 'project_member',
    check: '(role:member and project_id:%(project_id)s) or rule:admin_required',
    description: 'Somebody who works in the project.',
    operations: [],
  },
  rule('all_projects', 'rule:admin_required', 'See what belongs to other projects.', 'GET /v1/*?all_projects=true'),
  rule('backups:list', READER, 'List backups.', 'GET /v1/backups'),
  rule('backups:show', READER, 'Show a backup.', 'GET /v1/backups/{backup_id}'),
  rule('backups:create', MEMBER, 'Back up a server.', 'POST /v1/backups'),
  rule('backups:update', MEMBER, 'Rename or describe a backup.', 'PATCH /v1/backups/{backup_id}'),
  rule(
    'backups:unprotect',
    MEMBER,
    'Let a protected backup be deleted again: beside `backups:update`.',
    'PATCH /v1/backups/{backup_id}',
  ),
  rule('backups:delete', MEMBER, 'Delete a backup.', 'DELETE /v1/backups/{backup_id}'),
  rule('backups:verify', MEMBER, 'Read a backup back and check it.', 'POST /v1/backups/{backup_id}/verify'),
  rule('backups:copy', MEMBER, 'Copy a backup to another target.', 'POST /v1/backups/{backup_id}/copies'),
  rule(
    'snapshots:list',
    READER,
    'List snapshots and trees of them.',
    'GET /v1/snapshots',
    'GET /v1/servers/{server_id}/snapshot-tree',
  ),
  rule('snapshots:show', READER, 'Show a snapshot.', 'GET /v1/snapshots/{snapshot_id}'),
  rule('snapshots:create', MEMBER, 'Snapshot a server.', 'POST /v1/snapshots'),
  rule('snapshots:update', MEMBER, 'Rename, describe or protect a snapshot.', 'PATCH /v1/snapshots/{snapshot_id}'),
  rule(
    'snapshots:unprotect',
    MEMBER,
    'Let a protected snapshot be deleted again: beside `snapshots:update`.',
    'PATCH /v1/snapshots/{snapshot_id}',
  ),
  rule('snapshots:delete', MEMBER, 'Delete a snapshot.', 'DELETE /v1/snapshots/{snapshot_id}'),
  rule(
    'backups:show_manifest',
    READER,
    'Show what a backup knows of its server: without what only operators see.',
    'GET /v1/backups/{backup_id}/manifest',
  ),
  rule(
    'backups:export',
    'rule:admin_required',
    'Get the sealed manifest of a backup, with everything in it.',
    'GET /v1/backups/{backup_id}/manifest',
  ),
  rule('backups:import', 'rule:admin_required', 'Import a sealed manifest.', 'POST /v1/backups/import'),
  rule('restores:list', READER, 'List restores.', 'GET /v1/restores'),
  rule('restores:show', READER, 'Show a restore.', 'GET /v1/restores/{restore_id}'),
  rule('restores:create', MEMBER, 'Restore disks as new volumes.', 'POST /v1/restores'),
  rule('restores:create_in_place', MEMBER, 'Replace the disks of a server.', 'POST /v1/restores'),
  rule('restores:create_new_server', MEMBER, 'Make a lost server again.', 'POST /v1/restores'),
  rule('targets:list', READER, 'List the places where backups may lie.', 'GET /v1/targets'),
  rule('targets:show', READER, 'Show one of them.', 'GET /v1/targets/{target_name}'),
  rule('operations:list', READER, 'List operations.', 'GET /v1/operations'),
  rule('operations:show', READER, 'Show an operation.', 'GET /v1/operations/{operation_id}'),
  rule('operations:cancel', MEMBER, 'Cancel an operation.', 'POST /v1/operations/{operation_id}/cancel'),
  rule('messages:list', READER, 'List messages.', 'GET /v1/messages'),
  rule('messages:show', READER, 'Show a message.', 'GET /v1/messages/{message_id}'),
  rule('messages:delete', MEMBER, 'Delete a message.', 'DELETE /v1/messages/{message_id}'),
  rule('servers:list', READER, 'List servers and how well they are looked after.', 'GET /v1/servers'),
  rule('limits:show', READER, 'Show what the project may have and has.', 'GET /v1/limits'),
  rule('quota_sets:show', READER, 'Show the quota of a project.', 'GET /v1/quota-sets/{project_id}'),
  rule('quota_sets:update', 'rule:admin_required', 'Set the quota of a project.', 'PUT /v1/quota-sets/{project_id}'),
  rule('quota_sets:delete', 'rule:admin_required', 'Give it the default again.', 'DELETE /v1/quota-sets/{project_id}'),
  rule('policies:list', READER, 'List policies and their runs.', 'GET /v1/policies', 'GET /v1/policy-runs'),
  rule(
    'policies:show',
    READER,
    'Show a policy, and what it would do.',
    'GET /v1/policies/{policy_id}',
    'GET /v1/policies/{policy_id}/simulate',
    'POST /v1/policies/{policy_id}/simulate',
    'POST /v1/policies/simulate',
  ),
  rule('policies:create', MEMBER, 'Create a policy.', 'POST /v1/policies'),
  rule('policies:update', MEMBER, 'Change a policy, and act for it from then on.', 'PATCH /v1/policies/{policy_id}'),
  rule('policies:delete', MEMBER, 'Delete a policy; its backups stay.', 'DELETE /v1/policies/{policy_id}'),
] satisfies RuleDefault[];

export type Rule =
  | `vm-backup:backups:${'list' | 'show' | 'create' | 'update' | 'unprotect' | 'delete' | 'verify' | 'copy' | 'show_manifest' | 'export' | 'import'}`
  | `vm-backup:snapshots:${'list' | 'show' | 'create' | 'update' | 'unprotect' | 'delete'}`
  | `vm-backup:restores:${'list' | 'show' | 'create' | 'create_in_place' | 'create_new_server'}`
  | `vm-backup:messages:${'list' | 'show' | 'delete'}`
  | `vm-backup:quota_sets:${'show' | 'update' | 'delete'}`
  | 'vm-backup:servers:list'
  | 'vm-backup:limits:show'
  | `vm-backup:policies:${'list' | 'show' | 'create' | 'update' | 'delete'}`
  | `vm-backup:targets:${'list' | 'show'}`
  | `vm-backup:operations:${'list' | 'show' | 'cancel'}`
  | 'vm-backup:all_projects';

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

/** `admin` includes `member` includes `reader` by Keystone's implied roles, which come in the token. */
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
  rule('backups:delete', MEMBER, 'Delete a backup.', 'DELETE /v1/backups/{backup_id}'),
  rule('backups:verify', MEMBER, 'Read a backup back and check it.', 'POST /v1/backups/{backup_id}/verify'),
  rule('restores:list', READER, 'List restores.', 'GET /v1/restores'),
  rule('restores:show', READER, 'Show a restore.', 'GET /v1/restores/{restore_id}'),
  rule('restores:create', MEMBER, 'Restore disks as new volumes.', 'POST /v1/restores'),
  rule('restores:create_in_place', MEMBER, 'Replace the disks of a server.', 'POST /v1/restores'),
  rule('operations:list', READER, 'List operations.', 'GET /v1/operations'),
  rule('operations:show', READER, 'Show an operation.', 'GET /v1/operations/{operation_id}'),
  rule('operations:cancel', MEMBER, 'Cancel an operation.', 'POST /v1/operations/{operation_id}/cancel'),
] satisfies RuleDefault[];

export type Rule =
  | `vm-backup:backups:${'list' | 'show' | 'create' | 'update' | 'delete' | 'verify'}`
  | `vm-backup:restores:${'list' | 'show' | 'create' | 'create_in_place'}`
  | `vm-backup:operations:${'list' | 'show' | 'cancel'}`
  | 'vm-backup:all_projects';

import type { z } from 'zod';
import type { Call } from '../calls/route.ts';
import { codeAt, STATUS_WORDS, wordAt } from '../calls/version-words.ts';
import type { backupSchema } from './schemas.ts';
import type { ShownBackup } from './shown.ts';

export function backupView(
  backup: ShownBackup,
  { urls, version }: Pick<Call, 'urls' | 'version'>,
): z.output<typeof backupSchema> {
  return {
    id: backup.id,
    name: backup.name,
    description: backup.description,
    status: wordAt(version, STATUS_WORDS, backup.status),
    progress: backup.progress,
    fail_code: codeAt(version, backup.fail_code),
    fail_reason: backup.fail_reason,
    project_id: backup.project_id,
    user_id: backup.user_id,
    server_id: backup.server_id,
    server_name: backup.server_name,
    incremental: backup.incremental,
    base_backup_id: backup.base_backup_id,
    has_dependent_backups: backup.has_dependent_backups,
    consistency: backup.consistency,
    paused_ms: backup.paused_ms,
    data_timestamp: backup.data_timestamp,
    size_bytes: backup.size_bytes,
    changed_bytes: backup.changed_bytes,
    stored_bytes: backup.stored_bytes,
    target: backup.target,
    copy_of: backup.copy_of,
    operation_id: backup.operation_id,
    disks: backup.disks,
    metadata: backup.metadata,
    policy_id: backup.policy_id,
    planned_at: backup.planned_at,
    protected: backup.protected,
    created_at: backup.created_at,
    updated_at: backup.updated_at,
    links: urls.linksOf('backups', backup.id),
  };
}

import type { z } from 'zod';
import type { Call } from '../calls/route.ts';
import { codeAt, STATUS_WORDS, wordAt } from '../calls/version-words.ts';
import type { restoreSchema } from './schemas.ts';
import type { ShownRestore } from './shown.ts';

export function restoreView(
  restore: ShownRestore,
  { urls, version }: Pick<Call, 'urls' | 'version'>,
): z.output<typeof restoreSchema> {
  return {
    id: restore.id,
    name: restore.name,
    status: wordAt(version, STATUS_WORDS, restore.status),
    progress: restore.progress,
    fail_code: codeAt(version, restore.fail_code),
    fail_reason: restore.fail_reason,
    project_id: restore.project_id,
    user_id: restore.user_id,
    backup_id: restore.backup_id,
    snapshot_id: restore.snapshot_id,
    mode: restore.mode,
    server_id: restore.server_id,
    disks: restore.disks,
    volumes: restore.volumes,
    differences: restore.differences,
    operation_id: restore.operation_id,
    created_at: restore.created_at,
    updated_at: restore.updated_at,
    links: urls.linksOf('restores', restore.id),
  };
}

import { z } from 'zod';
import * as common from '../calls/schema-parts.ts';

const wanted = z.enum(['best', 'crash', 'filesystem']);

export const createBackupBody = z.strictObject({
  backup: z.strictObject({
    server_id: common.uuid,
    name: common.name.nullable().optional(),
    description: common.description.nullable().optional(),
    incremental: z.boolean().nullable().optional().meta({ description: 'Absent: incremental where a base exists' }),
    consistency: wanted.optional().meta({ description: 'best (default): what can be had' }),
    target: common.targetName.nullable().optional(),
    metadata: common.metadata.optional(),
  }),
});

export const copyBackupBody = z.strictObject({
  copy: z.strictObject({
    target: common.targetName.meta({ description: 'Another one than that of the backup' }),
    name: common.name.nullable().optional().meta({ description: 'Absent: as the backup' }),
    description: common.description.nullable().optional(),
    metadata: common.metadata.optional(),
  }),
});

export const updateBackupBody = z.strictObject({
  backup: z
    .strictObject({
      name: common.name.nullable().optional(),
      description: common.description.nullable().optional(),
      metadata: common.metadata.optional().meta({ description: 'Replaces all of it' }),
      protected: z.boolean().optional().meta({ description: 'A protected backup is not deleted' }),
    })
    .refine((change) => Object.keys(change).length > 0, 'must change something'),
});

const disk = z
  .strictObject({
    id: z.string(),
    kind: z.enum(['root', 'volume', 'ephemeral', 'swap']),
    volume_id: z.string().nullable(),
    device: z.string().nullable(),
    boot_index: z.int().nullable(),
    size_bytes: z.int(),
    changed_bytes: z.int(),
    stored_bytes: z.int(),
    incremental: z.boolean(),
    full_reason: z.string().nullable(),
  })
  .meta({ id: 'BackupDisk' });

export const backupSchema = z
  .strictObject({
    id: common.uuid,
    name: z.string().nullable(),
    description: z.string().nullable(),
    status: z.enum(['creating', 'available', 'deleting', 'error', 'cancelled']),
    progress: z.int().min(0).max(100),
    fail_code: z.string().nullable(),
    fail_reason: z.string().nullable(),
    project_id: common.keystoneId,
    user_id: common.keystoneId,
    server_id: common.uuid,
    server_name: z.string(),
    incremental: z.boolean(),
    base_backup_id: common.uuid.nullable(),
    has_dependent_backups: z.boolean(),
    consistency: z.enum(['per-disk', 'crash', 'filesystem']).nullable(),
    paused_ms: z.int().nullable(),
    data_timestamp: common.time.nullable(),
    size_bytes: z.int().nullable(),
    changed_bytes: z.int().nullable(),
    stored_bytes: z.int().nullable(),
    target: z.string(),
    copy_of: common.uuid.nullable().meta({ description: 'The backup it was copied from, which may be gone' }),
    operation_id: common.uuid,
    disks: z.array(disk),
    metadata: z.record(z.string(), z.string()),
    policy_id: common.uuid.nullable().meta({ description: 'The policy that made it' }),
    planned_at: common.time.nullable().meta({ description: 'The time for which its policy made it' }),
    protected: z.boolean(),
    created_at: common.time,
    updated_at: common.time,
    links: common.links,
  })
  .meta({ id: 'Backup' });

export const backupAnswer = z.strictObject({ backup: backupSchema });
export const backupsAnswer = z.strictObject({
  backups: z.array(backupSchema),
  links: common.pageLinks,
  count: common.count,
});

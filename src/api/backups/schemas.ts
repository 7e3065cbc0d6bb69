import { z } from 'zod';
import { BACKUP, WANTED_CONSISTENCY } from '../../domain/points/backup.ts';
import { shapeOf } from '../calls/answer-shape.ts';
import * as common from '../calls/schema-parts.ts';

export const createBackupBody = z.strictObject({
  backup: z.strictObject({
    server_id: common.uuid,
    name: common.name.nullable().optional(),
    description: common.description.nullable().optional(),
    incremental: z.boolean().nullable().optional().meta({ description: 'Absent: incremental where a base exists' }),
    consistency: z.enum(WANTED_CONSISTENCY).optional().meta({ description: 'best (default): what can be had' }),
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

export const backupSchema = z
  .strictObject({
    ...shapeOf(BACKUP),
    progress: common.progress,
    has_dependent_backups: z.boolean(),
    links: common.links,
  })
  .meta({ id: 'Backup' });

export const backupAnswer = z.strictObject({ backup: backupSchema });
export const backupsAnswer = z.strictObject({
  backups: z.array(backupSchema),
  links: common.pageLinks,
  count: common.count,
});

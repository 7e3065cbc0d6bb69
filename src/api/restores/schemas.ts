import { z } from 'zod';
import { DISK_KINDS } from '../../domain/points/disk.ts';
import { RESTORE, RESTORE_MODES } from '../../domain/points/restore.ts';
import { shapeOf } from '../calls/answer-shape.ts';
import { busyWithSchema } from '../calls/error-schema.ts';
import * as common from '../calls/schema-parts.ts';
import { difference, newServerPlan, newServerWishes } from './new-server-schema.ts';

const MAX_DISKS = 64;
const mode = z.enum(RESTORE_MODES);

export const createRestoreBody = z.strictObject({
  restore: z.strictObject({
    backup_id: common.uuid.nullable().optional(),
    snapshot_id: common.uuid.nullable().optional().meta({ description: 'Instead of backup_id' }),
    mode,
    server_id: common.uuid.nullable().optional().meta({ description: 'in_place: the server it was made of' }),
    disks: z.array(common.uuid).min(1).max(MAX_DISKS).nullable().optional().meta({ description: 'Absent: all' }),
    name: common.name.nullable().optional().meta({ description: 'volumes, new_server: the name of what is made' }),
    attach_to: common.uuid.nullable().optional().meta({ description: 'volumes: a server that gets them' }),
    instant: z
      .boolean()
      .optional()
      .meta({ description: 'Of a backup: the disks are used at once, their data come while they are' }),
    start: z.boolean().nullable().optional().meta({ description: 'in_place, new_server; absent: as it was before' }),
    memory: z
      .boolean()
      .nullable()
      .optional()
      .meta({ description: 'in_place, of a snapshot; absent: go on from its memory where it has one' }),
    newer_volumes: z
      .enum(['keep', 'detach'])
      .nullable()
      .optional()
      .meta({ description: 'in_place: volumes attached since then; absent: keep' }),
    dry_run: z.boolean().optional().meta({ description: 'Answers with the plan and every conflict; changes nothing' }),
    ...newServerWishes,
  }),
});

export const restoreSchema = z
  .strictObject({
    ...shapeOf(RESTORE, { differences: z.array(difference) }),
    progress: common.progress,
    links: common.links,
  })
  .meta({ id: 'Restore' });

const diskPlan = z.strictObject({
  disk_id: z.string(),
  kind: z.enum(DISK_KINDS),
  size_bytes: z.int(),
  action: z.enum(['replace', 'replace_and_attach', 'create_volume', 'create_volume_and_attach', 'none']),
  volume_id: z.string().nullable(),
});

export const dryRunAnswer = z.strictObject({
  restore: z.strictObject({
    dry_run: z.literal(true),
    plan: z.strictObject({
      mode,
      backup_id: common.uuid.nullable(),
      snapshot_id: common.uuid.nullable(),
      server_id: common.uuid.nullable(),
      stops_server: z.boolean(),
      disks: z.array(diskPlan),
      memory: z.boolean().meta({ description: 'The server goes on from the memory instead of being started' }),
      untouched_volumes: z.array(z.string()).meta({ description: 'Attached since then; they stay as they are' }),
      detached_volumes: z.array(z.string()).meta({ description: 'Attached since then; they are detached, as asked' }),
      warnings: z.array(difference).meta({ description: 'Allowed, and may surprise: shown as differences later' }),
      new_server: newServerPlan.optional(),
    }),
    conflicts: z.array(
      z.strictObject({
        code: z.string(),
        detail: z.string(),
        hint: z.string().nullable(),
        operation: busyWithSchema.optional().meta({ description: 'The one in the way, of `server.busy`' }),
      }),
    ),
  }),
});

export const restoreAnswer = z.strictObject({ restore: restoreSchema });
export const restoresAnswer = z.strictObject({
  restores: z.array(restoreSchema),
  links: common.pageLinks,
  count: common.count,
});

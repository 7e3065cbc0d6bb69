import { z } from 'zod';
import * as common from './common.ts';

const MAX_DISKS = 64;
const mode = z.enum(['in_place', 'volumes', 'new_server']);

export const createRestoreBody = z.strictObject({
  restore: z.strictObject({
    backup_id: common.uuid.optional(),
    snapshot_id: common.uuid.optional().meta({ description: 'Not available in this release' }),
    mode,
    server_id: common.uuid.nullable().optional().meta({ description: 'in_place: the server that was backed up' }),
    disks: z.array(common.uuid).min(1).max(MAX_DISKS).nullable().optional().meta({ description: 'Absent: all' }),
    name: common.name.nullable().optional().meta({ description: 'volumes: the name of what is made' }),
    attach_to: common.uuid.nullable().optional().meta({ description: 'volumes: a server that gets them' }),
    instant: z.boolean().optional().meta({ description: 'Not available in this release' }),
    start: z.boolean().nullable().optional().meta({ description: 'in_place; absent: as it was before' }),
    dry_run: z.boolean().optional().meta({ description: 'Answers with the plan and every conflict; changes nothing' }),
    flavor_id: z.string().max(255).optional().meta({ description: 'new_server; not available in this release' }),
    networks: z.unknown().optional().meta({ description: 'new_server; not available in this release' }),
    availability_zone: z
      .string()
      .max(255)
      .optional()
      .meta({ description: 'new_server; not available in this release' }),
  }),
});

export const restoreSchema = z
  .strictObject({
    id: common.uuid,
    name: z.string().nullable(),
    status: z.enum(['restoring', 'available', 'error']),
    progress: z.int().min(0).max(100),
    fail_code: z.string().nullable(),
    fail_reason: z.string().nullable(),
    project_id: common.keystoneId,
    user_id: common.keystoneId,
    backup_id: common.uuid,
    mode: z.enum(['in_place', 'volumes']),
    server_id: common.uuid.nullable(),
    disks: z.array(z.string()),
    volumes: z.array(z.strictObject({ disk_id: z.string(), volume_id: z.string().nullable() })),
    operation_id: common.uuid,
    created_at: common.time,
    updated_at: common.time,
    links: common.links,
  })
  .meta({ id: 'Restore' });

const diskPlan = z.strictObject({
  disk_id: z.string(),
  kind: z.enum(['root', 'volume']),
  size_bytes: z.int(),
  action: z.enum(['replace', 'replace_and_attach', 'create_volume', 'create_volume_and_attach', 'none']),
  volume_id: z.string().nullable(),
});

export const dryRunAnswer = z.strictObject({
  restore: z.strictObject({
    dry_run: z.literal(true),
    plan: z.strictObject({
      mode: z.enum(['in_place', 'volumes']),
      backup_id: common.uuid,
      server_id: common.uuid.nullable(),
      stops_server: z.boolean(),
      disks: z.array(diskPlan),
    }),
    conflicts: z.array(z.strictObject({ code: z.string(), detail: z.string(), hint: z.string().nullable() })),
  }),
});

export const restoreAnswer = z.strictObject({ restore: restoreSchema });
export const restoresAnswer = z.strictObject({
  restores: z.array(restoreSchema),
  links: common.pageLinks,
  count: common.count,
});

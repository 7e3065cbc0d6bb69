import { z } from 'zod';
import * as common from '../calls/schema-parts.ts';

export const createSnapshotBody = z.strictObject({
  snapshot: z.strictObject({
    server_id: common.uuid,
    name: common.name.nullable().optional(),
    description: common.description.nullable().optional(),
    memory: z.boolean().optional().meta({ description: 'With the memory of the same instant; of a running server' }),
    consistency: z
      .enum(['best', 'crash', 'filesystem'])
      .optional()
      .meta({ description: 'best (default): what can be had' }),
    engine: z
      .enum(['auto', 'rbd', 'libvirt-internal', 'libvirt-external', 'image'])
      .optional()
      .meta({ description: 'auto (default) and rbd; the others are not available in this release' }),
    metadata: common.metadata.optional(),
  }),
});

export const updateSnapshotBody = z.strictObject({
  snapshot: z
    .strictObject({
      name: common.name.nullable().optional(),
      description: common.description.nullable().optional(),
      metadata: common.metadata.optional().meta({ description: 'Replaces all of it' }),
      protected: z.boolean().optional().meta({ description: 'A protected snapshot is not deleted' }),
      expires_at: z.null().optional().meta({ description: 'null: a safety snapshot is kept for good' }),
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
    name: z.string().nullable(),
  })
  .meta({ id: 'SnapshotDisk' });

export const snapshotSchema = z
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
    parent_id: common.uuid.nullable(),
    protected: z.boolean(),
    safety: z.boolean().meta({ description: 'Made by itself before a restore replaced the disks' }),
    expires_at: common.time.nullable(),
    memory: z.boolean(),
    consistency: z.enum(['per-disk', 'crash', 'filesystem', 'memory']).nullable(),
    paused_ms: z.int().nullable(),
    data_timestamp: common.time.nullable(),
    size_bytes: z.int().nullable(),
    operation_id: common.uuid,
    disks: z.array(disk),
    metadata: z.record(z.string(), z.string()),
    created_at: common.time,
    updated_at: common.time,
    links: common.links,
  })
  .meta({ id: 'Snapshot' });

export const snapshotAnswer = z.strictObject({ snapshot: snapshotSchema });
export const snapshotsAnswer = z.strictObject({
  snapshots: z.array(snapshotSchema),
  links: common.pageLinks,
  count: common.count,
});

export const snapshotTreeAnswer = z.strictObject({
  snapshot_tree: z.strictObject({
    server_id: common.uuid,
    current_snapshot_id: common.uuid
      .nullable()
      .meta({ description: 'What the disks of the server went on from last; null: from none of these' }),
    nodes: z.array(snapshotSchema).meta({ description: 'Oldest first; parent_id makes them a tree' }),
  }),
  links: common.pageLinks,
});

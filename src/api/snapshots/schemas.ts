import { z } from 'zod';
import { WANTED_CONSISTENCY } from '../../domain/points/backup.ts';
import { SNAPSHOT } from '../../domain/points/snapshot.ts';
import { shapeOf } from '../calls/answer-shape.ts';
import * as common from '../calls/schema-parts.ts';

export const createSnapshotBody = z.strictObject({
  snapshot: z.strictObject({
    server_id: common.uuid,
    name: common.name.nullable().optional(),
    description: common.description.nullable().optional(),
    memory: z.boolean().optional().meta({ description: 'With the memory of the same instant; of a running server' }),
    consistency: z.enum(WANTED_CONSISTENCY).optional().meta({ description: 'best (default): what can be had' }),
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

export const snapshotSchema = z
  .strictObject({ ...shapeOf(SNAPSHOT), progress: common.progress, links: common.links })
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

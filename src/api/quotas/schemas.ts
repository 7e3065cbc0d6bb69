import { z } from 'zod';
import * as common from '../calls/schema-parts.ts';

const limit = z.int().min(-1).max(Number.MAX_SAFE_INTEGER);
const used = z.int().min(0);

export const limitsAnswer = z.strictObject({
  limits: z.strictObject({
    rate: z.array(z.never()).meta({ description: 'None; the list is here because clients look for it' }),
    absolute: z.strictObject({
      maxTotalPoints: limit.meta({ description: 'Backups and snapshots; -1: no limit' }),
      totalPointsUsed: used,
      maxTotalPointBytes: limit.meta({ description: 'On targets; -1: no limit' }),
      totalPointBytesUsed: used,
      maxTotalSnapshotBytes: limit.meta({ description: 'Disks and memory of snapshots; -1: no limit' }),
      totalSnapshotBytesUsed: used,
      maxOpenOperations: limit,
      openOperationsUsed: used,
    }),
  }),
});

const wanted = limit.optional().meta({ description: '-1: no limit' });

export const updateQuotaSetBody = z.strictObject({
  quota_set: z
    .strictObject({ points: wanted, bytes: wanted, snapshot_bytes: wanted, operations: wanted })
    .refine((set) => Object.keys(set).length > 0, 'must change something'),
});

const usage = z.strictObject({ limit, in_use: used });

export const quotaSetAnswer = z.strictObject({
  quota_set: z.union([
    z.strictObject({ id: common.keystoneId, points: limit, bytes: limit, snapshot_bytes: limit, operations: limit }),
    z.strictObject({ id: common.keystoneId, points: usage, bytes: usage, snapshot_bytes: usage, operations: usage }),
  ]),
});

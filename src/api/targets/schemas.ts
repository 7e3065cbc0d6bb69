import { z } from 'zod';
import { TARGET_TYPES } from '../../domain/targets/target-type.ts';
import * as common from '../calls/schema-parts.ts';

export const targetSchema = z
  .strictObject({
    name: z.string(),
    type: z.enum(TARGET_TYPES),
    default: z.boolean().meta({ description: 'Taken when a request names none' }),
    available: z.boolean().nullable().meta({ description: 'Null: no worker has told for some minutes' }),
    fail_code: z.string().nullable(),
    total_bytes: z.int().nullable().meta({ description: 'Null where the target does not tell, as a bucket' }),
    free_bytes: z.int().nullable(),
    reported_at: common.time.nullable(),
    links: common.links,
  })
  .meta({ id: 'Target' });

export const targetAnswer = z.strictObject({ target: targetSchema });
export const targetsAnswer = z.strictObject({ targets: z.array(targetSchema), links: common.pageLinks });

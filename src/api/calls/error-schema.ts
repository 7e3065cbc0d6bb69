import { z } from 'zod';
import { OPERATION_STATUS } from '../../domain/operations/operation.ts';

/** An operation that has to end first. */
export const busyWithSchema = z.strictObject({
  operation_id: z.string(),
  action: z.string().meta({ description: 'e.g. create-backup' }),
  status: z.enum(OPERATION_STATUS),
  progress: z.int().min(0).max(100),
  created_at: z.string(),
});

/** Both error formats in one body; see errors.ts. */
export const errorSchema = z
  .object({
    errors: z.array(
      z.object({
        request_id: z.string(),
        code: z.string().regex(/^[a-z0-9._-]+$/),
        status: z.int(),
        title: z.string(),
        detail: z.string(),
        hint: z.string().optional(),
        operation: busyWithSchema.optional(),
        min_version: z.string().optional(),
        max_version: z.string().optional(),
        links: z.array(z.object({ rel: z.string(), href: z.string() })),
      }),
    ),
    error: z.object({ code: z.int(), title: z.string(), message: z.string() }),
  })
  .meta({ id: 'Error' });

import * as z from 'zod';
import { RewindError } from '../../domain/errors.ts';

/** What `rbd --format json` says, as far as we read it (Ceph 16 to 20). */
const size = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const truth = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);

export const imageAnswer = z.object({
  size,
  object_size: size,
  features: z.array(z.string()).default([]),
  flags: z.array(z.string()).default([]),
  parent: z.object({ pool: z.string(), image: z.string() }).optional(),
});
export const snapsAnswer = z.array(z.object({ name: z.string(), size, protected: truth }));
export const statusAnswer = z.object({ watchers: z.array(z.object({ address: z.string() })).default([]) });
export const namesAnswer = z.array(z.string());
export const childrenAnswer = z.array(z.object({ pool: z.string(), image: z.string() }));

export function understood<T>(schema: z.ZodType<T>, answer: unknown): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  throw new RewindError('ceph.failed', 'A Ceph command gave no usable answer.', { fault: 'errored', cause: result.error });
}

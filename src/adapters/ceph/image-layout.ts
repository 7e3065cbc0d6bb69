import * as z from 'zod';
import { hasCode } from '../../domain/errors.ts';
import type { ImageRef } from '../../domain/points/disk.ts';
import { jsonOf, understood } from './rbd/rbd-answers.ts';
import { imageArgument, poolArgument, sizeArgument } from './rbd/rbd-arguments.ts';
import type { RunRbd } from './rbd/run-rbd.ts';

const layoutAnswer = z.object({
  object_size: z.number().int().positive(),
  features: z.array(z.string()),
  data_pool: z.string().optional(),
  stripe_unit: z.number().int().positive().optional(),
  stripe_count: z.number().int().positive().optional(),
});

/**
 * Features of a new image. Journaling is not among them: an image that is being filled would be mirrored, and open
 * elsewhere.
 */
const MADE_WITH = ['layering', 'exclusive-lock', 'object-map', 'fast-diff', 'deep-flatten'];

/**
 * Options that lay a new image out like another one: the pool of its data (mostly erasure coded), the size of its
 * objects, its stripes, its features. By itself `rbd` would follow this client's ceph.conf, not that of Cinder or Nova.
 * No options when there is no such image.
 */
export async function layoutArguments(rbd: RunRbd, like: ImageRef | undefined): Promise<string[]> {
  const printed = like && (await rbd('info', imageArgument(like), '--format', 'json').catch(absent));
  if (printed === undefined) return [];
  const { object_size, features, data_pool, stripe_unit, stripe_count } = understood(layoutAnswer, jsonOf(printed));
  const chosen = MADE_WITH.filter((feature) => features.includes(feature));
  const striped = stripe_unit !== undefined && stripe_count !== undefined && features.includes('striping');
  return [
    ...['--object-size', sizeArgument(object_size)],
    ...(striped ? ['--stripe-unit', sizeArgument(stripe_unit), '--stripe-count', String(stripe_count)] : []),
    ...(data_pool === undefined ? [] : ['--data-pool', poolArgument(data_pool)]),
    ...(chosen.length > 0 ? ['--image-feature', chosen.join(',')] : []),
  ];
}

function absent(error: unknown): undefined {
  if (!hasCode(error, 'ceph.not-found')) throw error;
}

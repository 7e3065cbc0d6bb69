import type { z } from 'zod';
import { SHOWN_TARGET, type ShownTarget } from '../../domain/targets/shown-target.ts';
import { viewOf } from '../calls/answer-view.ts';
import type { Call } from '../calls/route.ts';
import type { targetSchema } from './schemas.ts';

export const targetView = (
  target: ShownTarget,
  { urls, version }: Pick<Call, 'urls' | 'version'>,
): z.output<typeof targetSchema> => ({
  ...viewOf(SHOWN_TARGET, target, version),
  links: urls.linksOf('targets', target.name),
});

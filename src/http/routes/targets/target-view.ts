import type { z } from 'zod';
import type { ShownTarget } from '../../../services/list-targets.ts';
import type { Call } from '../../route.ts';
import type { targetSchema } from '../../schemas/target.ts';

type View = z.output<typeof targetSchema>;

export const targetView = (target: ShownTarget, { urls }: Pick<Call, 'urls'>): View => ({
  ...target,
  type: target.type as View['type'],
  links: urls.linksOf('targets', target.name),
});

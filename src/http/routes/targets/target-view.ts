import type { z } from 'zod';
import type { ShownTarget } from '../../../services/list-targets.ts';
import type { Call } from '../../route.ts';
import type { targetSchema } from '../../schemas/target.ts';
import { codeAt } from '../../version-words.ts';

type View = z.output<typeof targetSchema>;

export const targetView = (target: ShownTarget, { urls, version }: Pick<Call, 'urls' | 'version'>): View => ({
  ...target,
  type: target.type as View['type'],
  fail_code: codeAt(version, target.fail_code),
  links: urls.linksOf('targets', target.name),
});

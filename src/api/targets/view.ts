import type { z } from 'zod';
import type { Call } from '../calls/route.ts';
import { codeAt } from '../calls/version-words.ts';
import type { targetSchema } from './schemas.ts';
import type { ShownTarget } from './target-acts.ts';

type View = z.output<typeof targetSchema>;

export const targetView = (target: ShownTarget, { urls, version }: Pick<Call, 'urls' | 'version'>): View => ({
  ...target,
  type: target.type as View['type'],
  fail_code: codeAt(version, target.fail_code),
  links: urls.linksOf('targets', target.name),
});

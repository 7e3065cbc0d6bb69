import type { z } from 'zod';
import { RESTORE } from '../../domain/points/restore.ts';
import { viewOf } from '../calls/answer-view.ts';
import type { Call } from '../calls/route.ts';
import type { restoreSchema } from './schemas.ts';
import type { ShownRestore } from './shown.ts';

export function restoreView(
  restore: ShownRestore,
  { urls, version }: Pick<Call, 'urls' | 'version'>,
): z.output<typeof restoreSchema> {
  return {
    ...viewOf(RESTORE, restore, version),
    progress: restore.progress,
    links: urls.linksOf('restores', restore.id),
  };
}

import type { z } from 'zod';
import { SNAPSHOT } from '../../domain/points/snapshot.ts';
import { viewOf } from '../calls/answer-view.ts';
import type { Call } from '../calls/route.ts';
import type { snapshotSchema } from './schemas.ts';
import type { ShownSnapshot } from './shown.ts';

export function snapshotView(
  snapshot: ShownSnapshot,
  { urls, version }: Pick<Call, 'urls' | 'version'>,
): z.output<typeof snapshotSchema> {
  return {
    ...viewOf(SNAPSHOT, snapshot, version),
    progress: snapshot.progress,
    links: urls.linksOf('snapshots', snapshot.id),
  };
}

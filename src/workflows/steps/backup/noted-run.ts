import type { RunSummary } from '../../../archive/format/run-summary.ts';
import { openBySize } from '../../../archive/runs/open-run.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import type { World } from '../../world.ts';

/**
 * The run that an earlier attempt of this step wrote, if it got its name. Only what the journal knows counts: names of
 * runs can be foreseen, and without encryption nothing in a run says who wrote it. Undefined also when it cannot be
 * read, or is in clear while encryption is required: then the disk is written again, under another name.
 */
export async function notedRun(context: StepContext<World>, targetName: string): Promise<RunSummary | undefined> {
  const noted = context.noted() as RunSummary | null | undefined;
  if (!noted) return undefined;
  const { targets, keys } = context.world;
  const target = targets.get(targetName);
  const encrypted = (await keys.current(target, context.operation.project_id)) !== null;
  if ((await target.size(noted.object)) !== noted.stored_bytes) return undefined;
  const { object, stored_bytes: size, footer_sha256 } = noted;
  const run = await openBySize(target, object, size, keys, footer_sha256).catch(() => undefined);
  if (!run || (run.parts.format === 'rewind-run/2') !== encrypted) return undefined;
  return run.summary;
}

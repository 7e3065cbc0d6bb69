import { inOrder } from '../archive/format/in-order.ts';
import { requireRuns, sizesOnce } from '../archive/manifests/adopt-manifest.ts';
import { sealManifest } from '../archive/manifests/manifest.ts';
import { allManifests, type FoundManifest } from '../archive/manifests/manifests.ts';
import type { AdoptedPoint } from '../ports/stores/catalogue.ts';
import { archiveOf } from '../wiring/settings-of.ts';
import type { Shared } from '../wiring/shared.ts';
import { adoptedPoint } from './adopted-point.ts';
import type { Given } from './command-line/command.ts';
import { Tally } from './tally.ts';

const LOOKS_AT_ONCE = 8;
/** Number of points in one transaction. */
const BATCH = 100;

/** False when one was refused: the others are imported all the same. May be run again, and beside running workers. */
export async function importTarget(shared: Shared, { words: [name = ''], out }: Given): Promise<boolean> {
  const { key, targets } = await archiveOf(shared.config);
  const target = targets.get(name);
  const runs = sizesOnce(target);
  const tally = new Tally('imported');
  const look = (found: FoundManifest) =>
    tally.refusing(found.ids.backupId, async () => {
      if ('error' in found) throw found.error;
      await requireRuns(runs, found.manifest);
      return adoptedPoint(shared, target, found.manifest, sealManifest(found.manifest, key));
    });
  let batch: AdoptedPoint[] = [];
  const adopt = async () => {
    const fresh = await shared.catalogue.adoptPoints(batch);
    tally.add(fresh.size, batch.length - fresh.size);
    batch = [];
  };
  for await (const point of inOrder(allManifests(target, key), look, LOOKS_AT_ONCE)) {
    if (point) batch.push(point);
    if (batch.length === BATCH) await adopt();
  }
  await adopt();
  return tally.report(out);
}

import { type InventoryItem, installationImageName } from '../../domain/operations/inventory.ts';
import { countStandings, INVENTORY, type InventoryCounts } from '../../domain/operations/inventory-of-cloud.ts';
import { eachByItself } from '../../periodic/each-by-itself.ts';
import type { PeriodicJob } from '../../periodic/periodic-job.ts';
import type { Turns } from '../../ports/stores/turns.ts';
import type { Log } from '../../ports/system.ts';
import { removeOurSnap, removeUnneededImage } from '../../workflows/steps/image/unneeded-image.ts';
import type { World } from '../../workflows/world.ts';
import { type InventoryParts, inventory, inventoryOf } from './inventory-look.ts';
import { type TidyCloudParts, tidyCloud } from './tidy-cloud.ts';

const BEAT_MS = 60_000;
const SILENT_MS = 10 * BEAT_MS;
const MS_PER_MINUTE = 60_000;
const MS_PER_HOUR = 3_600_000;
const MARK_BYTES = 4_096;

export interface KeepInventoryParts extends InventoryParts {
  world: World;
  turns: Turns;
  /** Name of this worker. */
  worker: string;
  log: Log;
  /** What belongs to nobody is removed once it was seen for this long. */
  graceHours: number;
  everyMinutes: number;
  /** The same in the other services. */
  cloud?: Omit<TidyCloudParts, 'clock' | 'log' | 'graceHours'>;
}

/**
 * One worker at a time looks at everything of ours in Ceph, reports how much of it belongs to what, and removes what
 * this installation made and nothing needs any more, after a grace time and a second look. It never touches what this
 * installation did not make.
 */
export function keepInventory(parts: KeepInventoryParts): PeriodicJob {
  const { clock } = parts.world;
  const everyMs = parts.everyMinutes * MS_PER_MINUTE;
  let nextMs = clock.monotonic();
  const look = async (over: AbortSignal) => {
    // Between two inventories only the turn is kept.
    if (clock.monotonic() < nextMs) return;
    nextMs = clock.monotonic() + everyMs;
    await tellOthers(parts);
    const ceph = await tidy(parts, over);
    const openstack = await lookAtCloud(parts);
    await report(parts, { ceph, ...(openstack && { openstack }) });
  };
  const turn = { silentMs: SILENT_MS };
  return { name: INVENTORY, after: 'the inventory', everyMs: Math.min(BEAT_MS, everyMs), turn, look };
}

/** Separate, so that Ceph is tidied even when a service is away. */
async function lookAtCloud({ cloud, world, log, graceHours }: KeepInventoryParts) {
  try {
    return cloud && (await tidyCloud({ ...cloud, clock: world.clock, log, graceHours }));
  } catch (error) {
    log.warn('what is ours in the other services could not be looked at', { err: error });
    return undefined;
  }
}

/** Our own beat may come in between. */
async function report(parts: KeepInventoryParts, counts: InventoryCounts): Promise<void> {
  const { turns, worker } = parts;
  for (let tries = 0; tries < 3; tries += 1) {
    const seen = await turns.look(INVENTORY);
    if (await turns.take(INVENTORY, seen, worker, { at: isoNow(parts), counts })) return;
  }
}

/** One look. Resolves to the number of items in each state. */
export async function tidy(parts: KeepInventoryParts, over: AbortSignal): Promise<Record<string, number>> {
  const { world, ownNames, log, graceHours } = parts;
  const items = await inventory(parts);
  const strangers = items.filter((item) => item.standing === 'stranger');
  const since = await ownNames.seenSince(
    strangers.map((item) => item.place),
    isoNow(parts),
  );
  const longAgo = world.clock.now() - graceHours * MS_PER_HOUR;
  // An image takes its snaps along; without them nothing would show that it is ours.
  const due = strangers
    .filter((item) => Date.parse(since.get(item.place) ?? '') <= longAgo)
    .sort((a, b) => Number(a.what === 'snap') - Number(b.what === 'snap'));
  const told = ({ place }: InventoryItem) => ({ trouble: 'what belongs to nobody stays for now', place });
  await eachByItself(log, over, due, told, async (item) => {
    if (await removeStranger(parts, item))
      log.info('removed what belonged to nobody', { place: item.place, name: item.name });
  });
  return countStandings(items);
}

/** False: it belongs to somebody now. */
async function removeStranger(parts: KeepInventoryParts, item: InventoryItem): Promise<boolean> {
  const { world } = parts;
  const now = (await inventoryOf(parts, item.pool, item.image_id)).find((one) => one.place === item.place);
  if (now?.standing !== 'stranger') return false;
  const { pool, image_id: imageId, name, snap } = now;
  if (snap !== null) await removeOurSnap(world, { pool, imageId, snap });
  else if (now.what === 'memory') await world.ceph.removeImage({ pool, image: name });
  else if ((await abortedMigration(world, now)) === false) await removeUnneededImage(world, pool, imageId, true);
  return true;
}

/** A draft that still reads from a gateway can only be removed by aborting its migration. */
async function abortedMigration({ ceph }: World, { pool, name, in_trash }: InventoryItem): Promise<boolean> {
  const image = { pool, image: name };
  if (in_trash || (await ceph.migrationState(image)) === undefined) return false;
  await ceph.abortMigration(image);
  return true;
}

/** An image with this name tells other installations that we work here. */
async function tellOthers({ world, ownNames }: KeepInventoryParts): Promise<void> {
  const image = installationImageName(await ownNames.installation());
  await world.ceph.createImage({ pool: world.settings.snapshotPool, image }, MARK_BYTES);
}

const isoNow = ({ world }: KeepInventoryParts): string => new Date(world.clock.now()).toISOString();

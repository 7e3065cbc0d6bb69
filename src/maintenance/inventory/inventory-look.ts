import { hasCode } from '../../domain/errors.ts';
import { asideForNova, isOurImage, isOurSnap, localDiskOf, operationOfImage } from '../../domain/names.ts';
import {
  classify,
  type InventoryItem,
  idsNamed,
  type KnownRecords,
  type SeenImage,
} from '../../domain/operations/inventory.ts';
import type { ListedOperation } from '../../domain/operations/operation.ts';
import type { Catalogue } from '../../ports/stores/catalogue.ts';
import type { Debts } from '../../ports/stores/debts.ts';
import type { Operations } from '../../ports/stores/operations.ts';
import type { OwnNames } from '../../ports/stores/own-names.ts';
import { mapBounded } from '../../workflow-engine/bounded.ts';
import { volumeImageOf } from '../../workflows/lookups/locate-disks.ts';
import type { World } from '../../workflows/world.ts';

export interface InventoryParts {
  world: Pick<World, 'ceph' | 'cloud' | 'settings'>;
  ownNames: OwnNames;
  catalogue: Pick<Catalogue, 'backup' | 'snapshot'>;
  operations: Pick<Operations, 'list' | 'operation'>;
  debts: Pick<Debts, 'list'>;
}

const AT_ONCE = 8;
const PAGE = 500;
const MOST_PAGES = 1_000;
const MOST_DEBTS = 100_000;
const UUIDS = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const VOLUME = /^volume-([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(\.deleted)?$/;
const UUID_LENGTH = 36;

/** Everything in Ceph whose name has our form, and what it belongs to. An image that goes meanwhile is left out. */
export async function inventory(parts: InventoryParts): Promise<InventoryItem[]> {
  const { world } = parts;
  const pools = poolsOf(world);
  const images: SeenImage[] = [];
  for (const pool of pools) {
    const names = await world.ceph.listImages(pool);
    const named = await mapBounded(names, AT_ONCE, ignore, (image) => seeNamed(world, pool, image));
    const trash = await world.ceph.listTrash(pool);
    const trashed = await mapBounded(trash, AT_ONCE, ignore, ({ id }) => seeById(world, pool, id));
    images.push(...[...named, ...trashed].filter((one) => one !== undefined));
  }
  // Records are read last: then they include what came meanwhile.
  const known = await recordsOf(parts, images);
  return images.flatMap((image) => classify(image, known));
}

/** The same for one image, now. */
export async function inventoryOf(parts: InventoryParts, pool: string, id: string): Promise<InventoryItem[]> {
  const image = await seeById(parts.world, pool, id);
  return image ? classify(image, await recordsOf(parts, [image])) : [];
}

const ignore = (): void => {};

function poolsOf({ settings }: InventoryParts['world']): string[] {
  const { rootPool, volumePool, volumeHosts, snapshotPool } = settings;
  return [...new Set([rootPool, volumePool, ...Object.values(volumeHosts), snapshotPool])];
}

async function seeNamed(world: InventoryParts['world'], pool: string, image: string): Promise<SeenImage | undefined> {
  // A name outside of our grammar is not ours, and cannot be asked about.
  if (!/^[a-z0-9][a-z0-9._-]{0,95}$/.test(image)) return undefined;
  return await ifThere(async () => {
    const snaps = (await world.ceph.listSnaps({ pool, image })).map((snap) => snap.name);
    if (!image.startsWith('rewind-') && !snaps.some(isOurSnap)) return undefined;
    const info = await world.ceph.imageInfo({ pool, image });
    return info && (await seen(world, pool, info.id, { name: image, inTrash: false }, snaps));
  });
}

async function seeById(world: InventoryParts['world'], pool: string, id: string): Promise<SeenImage | undefined> {
  return await ifThere(async () => {
    const found = await world.ceph.imageOfId(pool, id);
    if (!found) return undefined;
    const snaps = (await world.ceph.listSnapsOfId(pool, id)).map((snap) => snap.name);
    return await seen(world, pool, id, found, snaps);
  });
}

async function seen(
  world: InventoryParts['world'],
  pool: string,
  id: string,
  { name, inTrash }: { name: string; inTrash: boolean },
  snaps: string[],
): Promise<SeenImage> {
  const held = await world.ceph.heldSnapsOfId(pool, id);
  return { pool, id, name, inTrash, snaps, held, gone: await isGone(world, pool, id, name, inTrash) };
}

/** In doubt it is not gone. */
async function isGone(
  world: InventoryParts['world'],
  pool: string,
  id: string,
  name: string,
  inTrash: boolean,
): Promise<boolean> {
  const { cloud, settings } = world;
  const noServer = async (serverId: string) => (await cloud.admin.compute.serverState(serverId)) === undefined;
  const aside = asideForNova(name);
  if (aside) return await noServer(aside.serverId);
  if (isOurImage(name) || operationOfImage(name) !== undefined) return true;
  if (pool === settings.rootPool && localDiskOf(name) !== undefined) return await noServer(name.slice(0, UUID_LENGTH));
  const [, volumeId, deleted] = VOLUME.exec(name) ?? [];
  if (volumeId === undefined || !(inTrash || deleted !== undefined)) return false;
  const volume = await cloud.admin.blockStorage.volume(volumeId);
  if (!volume) return true;
  // It was replaced (reimage, retype, migration) if the volume's image is surely another one.
  const living = await world.ceph.imageInfo(volumeImageOf(settings, volume));
  return living !== undefined && living.id !== id;
}

async function ifThere<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (hasCode(error, 'ceph.not-found')) return undefined;
    throw error;
  }
}

async function recordsOf(parts: InventoryParts, images: readonly SeenImage[]): Promise<KnownRecords> {
  const ids = idsNamed(images);
  // Operations are read first: one that ends meanwhile has written its record by then.
  const busy = await busyIds(parts.operations);
  const debts = new Set((await parts.debts.list(MOST_DEBTS)).map((debt) => debt.subject));
  const ours = await parts.ownNames.ours(ids);
  ours.add(await parts.ownNames.installation());
  const there = async (find: (id: string, project: null) => Promise<unknown>): Promise<Set<string>> => {
    const found = await mapBounded(ids, AT_ONCE, ignore, async (id) => ((await find(id, null)) ? [id] : []));
    return new Set(found.flat());
  };
  return {
    ours,
    busy,
    debts,
    backups: await there(parts.catalogue.backup),
    snapshots: await there(parts.catalogue.snapshot),
  };
}

/** Ids of open operations, and all ids that their inputs name. */
async function busyIds(operations: Pick<Operations, 'list' | 'operation'>): Promise<Set<string>> {
  const open: ListedOperation[] = [];
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const found = await operations.list({
      projectId: null,
      filters: [{ field: 'status', op: 'in', values: ['queued', 'running'] }],
      sort: [{ field: 'created_at', descending: false }],
      limit: PAGE,
      marker: open.at(-1)?.id ?? null,
    });
    open.push(...found);
    if (found.length === 0) break;
  }
  const named = await mapBounded(open, AT_ONCE, ignore, async ({ id, resource_id }) => {
    const input = (await operations.operation(id, null))?.input ?? null;
    return [id, resource_id, ...(JSON.stringify(input).match(UUIDS) ?? [])];
  });
  return new Set(named.flat());
}

import { createCeph } from '../adapters/ceph/rbd-ceph.ts';
import { RewindError } from '../domain/errors.ts';
import {
  backupOfSnapName,
  isUuid,
  operationOfImage,
  snapshotOfMemoryImage,
  snapshotOfSnapName,
} from '../domain/names.ts';
import { type InventoryItem, installationImageName, installationOfImage } from '../domain/operations/inventory.ts';
import type { CloudItem } from '../domain/operations/inventory-of-cloud.ts';
import { cloudInventory } from '../maintenance/inventory/cloud-inventory.ts';
import { type InventoryParts, inventory } from '../maintenance/inventory/inventory-look.ts';
import { cloudPartsOf } from '../wiring/inventory-parts.ts';
import { complain } from '../wiring/run-process.ts';
import { recipeSettingsOf } from '../wiring/settings-of.ts';
import type { Shared } from '../wiring/shared.ts';
import type { Given } from './command-line/command.ts';

const partsOf = ({ config, openstack, ownNames, catalogue, operations, debts }: Shared): InventoryParts => ({
  world: { ceph: createCeph(config.ceph), cloud: openstack, settings: recipeSettingsOf(config) },
  ...{ ownNames, catalogue, operations, debts },
});

/**
 * Shows everything of ours that no record needs, in Ceph and in the other services; with `--all` the rest, too. False:
 * one of the services could not be looked at.
 */
export const showInventory = (shared: Shared, given: Given): Promise<boolean> =>
  showEach(given, {
    Ceph: async () =>
      (await inventory(partsOf(shared))).map((item) => ({ item, what: `  ${item.place}  ${item.name}` })),
    OpenStack: async () =>
      (await cloudInventory(cloudPartsOf(shared))).items.map((item) => ({
        item,
        what: `  ${item.place}${item.project_id === null ? '' : `  project ${item.project_id}`}`,
      })),
  });

type Found = { item: InventoryItem | CloudItem; what: string };

/** If one of them does not answer, the others are shown all the same. */
export async function showEach(
  { out, flags }: Pick<Given, 'out' | 'flags'>,
  looks: Readonly<Record<string, () => Promise<Found[]>>>,
  tell = complain,
): Promise<boolean> {
  let good = true;
  for (const [name, look] of Object.entries(looks)) {
    try {
      for (const { item, what } of await look()) {
        if (item.standing === 'owned' && !flags.has('all')) continue;
        out.row({ ...item }, `${item.standing.padEnd(8)}${what}  ${item.why}`);
      }
    } catch (error) {
      good = false;
      tell(`${name} could not be looked at`, error);
    }
  }
  // If something could not be looked at, nobody knows that it has none.
  if (good) out.whenEmpty('none');
  return good;
}

/** Installations whose marks lie beside ours. */
export async function otherInstallations({ config, ownNames }: Pick<Shared, 'config' | 'ownNames'>): Promise<string[]> {
  const own = await ownNames.installation();
  const names = await createCeph(config.ceph).listImages(config.ceph.pools.snapshots);
  return names.flatMap((name) => installationOfImage(name) ?? []).filter((id) => id !== own);
}

/** After the loss of the database: from now on, what the lost installation made in Ceph is ours. */
export async function takeOver(shared: Shared, { words, out }: Given): Promise<boolean> {
  const lost = words[0] ?? '';
  if (lost !== UNMARKED && !isUuid(lost)) throw new RewindError('admin.usage', 'This is no id of an installation.');
  const others = (await otherInstallations(shared)).filter((id) => id !== lost);
  if (others.length > 0) {
    throw new RewindError('installation.others', `Other installations work here, too: ${others.join(', ')}.`);
  }
  const items = (await inventory(partsOf(shared))).filter((item) => item.standing === 'other');
  const ids = [...new Set(items.flatMap(idOf))];
  await shared.ownNames.claim(ids);
  if (lost !== UNMARKED) {
    const image = installationImageName(lost);
    await createCeph(shared.config.ceph).removeImage({ pool: shared.config.ceph.pools.snapshots, image });
  }
  out.row({ names: items.length, ids: ids.length }, `${ids.length} ids were taken over`);
  return true;
}

/** For things from before installations had marks. */
const UNMARKED = 'unmarked';

function idOf({ name, snap }: InventoryItem): string[] {
  const id =
    snap === null
      ? (operationOfImage(name) ?? snapshotOfMemoryImage(name))
      : (backupOfSnapName(snap) ?? snapshotOfSnapName(snap));
  return id === undefined ? [] : [id];
}

import { byText } from '../../../domain/order.ts';
import type { RecordedFlavor } from '../../../domain/points/recorded-server.ts';
import { fitsKeypair } from '../../../domain/service-limits.ts';
import type { Flavor } from '../../../ports/server-making.ts';
import { note, type PlanDraft, refuse } from './draft.ts';

const BYTES_PER_GIB = 1024 ** 3;

/**
 * The flavor with the recorded id, or one with equal values. Any other would make a different machine, which only the
 * caller can decide.
 */
export async function chooseFlavor(draft: PlanDraft): Promise<Flavor | undefined> {
  const { recorded, wishes } = draft;
  if (recorded.flavor === null && wishes.flavor_id === null) {
    refuse(draft, 'flavor.gone', 'The flavor was not recorded.', 'Name one as flavor_id.');
    return undefined;
  }
  const flavors = await draft.offerings.flavors();
  const flavor =
    wishes.flavor_id === null ? likeRecorded(draft, flavors) : flavors.find((one) => one.id === wishes.flavor_id);
  if (!flavor) {
    if (wishes.flavor_id !== null) refuse(draft, 'flavor.not-found', 'There is no such flavor.');
    else
      refuse(
        draft,
        'flavor.gone',
        `The flavor is gone, and none has its values: ${wordsOf(recorded.flavor)}.`,
        'Name another one as flavor_id.',
      );
    return undefined;
  }
  const root = recorded.disks.find((disk) => disk.kind === 'root' && disk.volumeId === null);
  // 0: as large as the image, which will be replaced by this disk.
  if (root && flavor.diskGiB > 0 && flavor.diskGiB * BYTES_PER_GIB < root.sizeBytes)
    refuse(draft, 'flavor.too-small', `The flavor's disk of ${flavor.diskGiB} GiB is smaller than the root disk.`);
  if (flavor.ephemeralGiB > 0 || flavor.swapMiB > 0)
    note(draft, 'disks.not-kept', 'Ephemeral and swap disks of the flavor are made empty.');
  return flavor;
}

function likeRecorded(draft: PlanDraft, flavors: readonly Flavor[]): Flavor | undefined {
  const recorded = draft.recorded.flavor;
  const same = flavors.find((one) => recorded !== null && one.id === recorded.id);
  if (same || recorded === null) return same;
  const alike = flavors.filter((one) => equal(one, recorded));
  const chosen = alike.find((one) => one.name === recorded.name) ?? alike[0];
  if (chosen) note(draft, 'flavor.other-id', 'The flavor is gone; another one has the same values.');
  return chosen;
}

function equal(flavor: Flavor, recorded: RecordedFlavor): boolean {
  const values = (['vcpus', 'ramMiB', 'diskGiB', 'ephemeralGiB', 'swapMiB'] as const).every(
    (key) => flavor[key] === recorded[key],
  );
  if (!values || flavor.extraSpecs === null || recorded.extraSpecs === null) return values;
  const sorted = (specs: Record<string, string>) =>
    JSON.stringify(Object.entries(specs).sort(([a], [b]) => byText(a, b)));
  return sorted(flavor.extraSpecs) === sorted(recorded.extraSpecs);
}

const wordsOf = (flavor: RecordedFlavor | null): string =>
  flavor === null ? '' : `${flavor.vcpus} CPUs, ${flavor.ramMiB} MiB, disk of ${flavor.diskGiB} GiB`;

/**
 * Nova wants an image even for a disk whose content is replaced, and builds the machine (buses, firmware) from that
 * image's properties. So a lost image is not replaced by any other.
 */
export async function chooseImage(draft: PlanDraft): Promise<string | null> {
  const { recorded, wishes } = draft;
  const fromImage = recorded.disks.some((disk) => disk.kind === 'root' && disk.volumeId === null);
  if (!fromImage) {
    if (wishes.image_id !== null)
      refuse(draft, 'image.not-needed', 'The server boots from a volume; image_id means nothing.');
    return null;
  }
  const id = wishes.image_id ?? recorded.image?.id ?? null;
  const image = id === null ? undefined : await draft.offerings.image(id);
  if (!image?.active) {
    if (wishes.image_id !== null) refuse(draft, 'image.not-found', 'There is no such active image.');
    else
      refuse(
        draft,
        'image.gone',
        'The image the server was made of is gone. Its content is not needed, but Nova builds the machine after its properties.',
        `Name one with the same properties as image_id: ${propertiesOf(recorded.image?.properties)}.`,
      );
    return id;
  }
  if (recorded.image && differ(image.properties, recorded.image.properties))
    note(draft, 'image.properties', 'The image has other hardware properties than it had at the backup.');
  return id;
}

/** Names and values of properties are the tenant's own, but only plain ones are shown. */
const propertiesOf = (properties: Record<string, string> | undefined): string =>
  Object.entries(properties ?? {})
    .filter(([key, value]) => /^hw_[a-z_]{1,60}$/.test(key) && /^[\w.-]{1,60}$/.test(value))
    .map(([key, value]) => `${key}=${value}`)
    .join(', ') || 'none';

const differ = (now: Record<string, string>, then: Record<string, string>): boolean =>
  [...new Set([...Object.keys(now), ...Object.keys(then)])].some(
    (key) => /^(hw|os)_/.test(key) && now[key] !== then[key],
  );

export async function chooseZone(draft: PlanDraft): Promise<string | null> {
  const { recorded, wishes } = draft;
  const zone = wishes.availability_zone ?? recorded.zone;
  if (zone === null || (await draft.offerings.computeZones()).includes(zone)) return zone;
  if (wishes.availability_zone !== null) refuse(draft, 'zone.not-found', 'There is no such availability zone.');
  else refuse(draft, 'zone.gone', 'The availability zone is gone.');
  return zone;
}

/** What a server can do without is no conflict, but is reported. */
export async function chooseServerGroup(draft: PlanDraft): Promise<string | null> {
  const group = draft.recorded.serverGroup;
  if (group === null || (await draft.offerings.hasServerGroup(group.id))) return group?.id ?? null;
  note(draft, 'server-group.gone', 'The server group is gone.');
  return null;
}

/** Key pairs belong to users: the recorded public key is used, whoever restores. */
export function chooseKeypair(draft: PlanDraft): string | null {
  const { keypair, keyName } = draft.recorded;
  if (keyName !== null && keypair === null)
    note(draft, 'keypair.unknown', 'The key pair could not be recorded; the key inside the disk is untouched.');
  if (keypair !== null && !fitsKeypair(keypair.name)) {
    note(
      draft,
      'keypair.name',
      'The Compute service takes no key pair of this name; the key inside the disk is untouched.',
    );
    return null;
  }
  return keypair?.name ?? null;
}

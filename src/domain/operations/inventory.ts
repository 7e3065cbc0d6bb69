import {
  asideForNova,
  backupOfSnapName,
  isOurSnap,
  operationOfImage,
  snapshotOfMemoryImage,
  snapshotOfSnapName,
} from '../names.ts';

/** An image as it was seen in Ceph, in a pool or in its trash. */
export interface SeenImage {
  pool: string;
  /** Ceph's own id. */
  id: string;
  name: string;
  inTrash: boolean;
  snaps: string[];
  /** Snaps that were removed while clones of them live. */
  held: string[];
  /** True: according to Cinder and Nova, it is no longer the disk of any volume or server. */
  gone: boolean;
}

/** What this installation knows. All ids are those that occur in names in Ceph. */
export interface KnownRecords {
  /** Ids that this installation gave out, whether or not their records still exist. */
  ours: ReadonlySet<string>;
  backups: ReadonlySet<string>;
  snapshots: ReadonlySet<string>;
  /** Ids of open operations, and all ids that they name. */
  busy: ReadonlySet<string>;
  /** Subjects of debts. */
  debts: ReadonlySet<string>;
}

/**
 * `owned`: a record needs it. `debt`: it is recorded as to be removed. `stranger`: this installation made it and
 * nothing needs it any more. `other`: another installation made it, or this one at a time that its database does not
 * remember.
 */
export type Standing = 'owned' | 'debt' | 'stranger' | 'other';

export interface InventoryItem {
  what: 'image' | 'snap' | 'memory';
  /** `pool/image id`, for a snap with `@snap`: also the subject of a debt about it. */
  place: string;
  pool: string;
  image_id: string;
  /** The image's present name. */
  name: string;
  snap: string | null;
  in_trash: boolean;
  standing: Standing;
  why: string;
}

/** Every name of ours on an image belongs to a record, to a debt, or to nobody. Images without any are not items. */
export function classify(image: SeenImage, known: KnownRecords): InventoryItem[] {
  const snaps = image.snaps.filter(isOurSnap).map((snap) => snapItem(image, snap, known));
  const own = imageItem(image, snaps, known);
  return own ? [...snaps, own] : snaps;
}

/** Ids in names of ours on these images: `KnownRecords` has to be looked up for them. */
export function idsNamed(images: readonly SeenImage[]): string[] {
  const ids = images.flatMap(({ name, snaps, held }) => [
    ...[...snaps, ...held].map((snap) => backupOfSnapName(snap) ?? snapshotOfSnapName(snap)),
    operationOfImage(name),
    snapshotOfMemoryImage(name),
    installationOfImage(name),
  ]);
  return [...new Set(ids.filter((id): id is string => id !== undefined))];
}

const INSTALLATION = /^rewind-installation-([0-9a-f-]{36})$/;

/** The image by which an installation shows that it works here. */
export const installationImageName = (id: string): string => `rewind-installation-${id}`;
export const installationOfImage = (name: string): string | undefined => INSTALLATION.exec(name)?.[1];

type Verdict = [standing: Standing, why: string];

function snapItem(image: SeenImage, snap: string, known: KnownRecords): InventoryItem {
  const place = `${image.pool}/${image.id}@${snap}`;
  return { ...common(image, place), what: 'snap', snap, ...said(snapVerdict(image, snap, place, known)) };
}

function snapVerdict({ gone }: SeenImage, snap: string, place: string, known: KnownRecords): Verdict {
  const snapshotId = snapshotOfSnapName(snap);
  const id = snapshotId ?? backupOfSnapName(snap) ?? '';
  if (known.debts.has(place)) return ['debt', 'it is owed'];
  if (known.busy.has(id)) return ['owned', 'an operation is at it'];
  if (snapshotId !== undefined && known.snapshots.has(id)) return ['owned', 'its snapshot is there'];
  if (snapshotId === undefined && known.backups.has(id) && !gone) return ['owned', 'the base of an increment'];
  if (!known.ours.has(id)) return ['other', 'this installation did not make it'];
  if (snapshotId !== undefined) return ['stranger', 'its snapshot is gone'];
  return gone ? ['stranger', 'its disk is gone'] : ['stranger', 'its backup is gone'];
}

function imageItem(image: SeenImage, snaps: readonly InventoryItem[], known: KnownRecords): InventoryItem | undefined {
  const verdict = imageVerdict(image, snaps, known);
  if (!verdict) return undefined;
  const what = snapshotOfMemoryImage(image.name) === undefined ? 'image' : 'memory';
  return { ...common(image, placeOf(image)), what, snap: null, ...said(verdict) };
}

function imageVerdict(image: SeenImage, snaps: readonly InventoryItem[], known: KnownRecords): Verdict | undefined {
  const { name, pool } = image;
  if (!(image.gone && hasOurs(image)) && !name.startsWith('rewind-')) return undefined;
  if (known.debts.has(placeOf(image)) || known.debts.has(`${pool}/${name}`)) return ['debt', 'it is owed'];
  const memoryOf = snapshotOfMemoryImage(name);
  const maker = operationOfImage(name) ?? memoryOf ?? installationOfImage(name);
  if (maker !== undefined && known.busy.has(maker)) return ['owned', 'an operation is at it'];
  // A restore removes what it put aside, or owes its removal, unless the server did not start with the new disk.
  if (name.startsWith('rewind-aside-') && known.ours.has(maker ?? ''))
    return ['owned', 'the old disk of a restore: an operator decides'];
  if (memoryOf !== undefined && known.snapshots.has(memoryOf)) return ['owned', 'its snapshot is there'];
  if (installationOfImage(name) !== undefined)
    return known.ours.has(maker ?? '') ? ['owned', 'this installation'] : ['other', 'another installation'];
  if (snaps.some((snap) => snap.standing === 'owned')) return ['owned', 'snapshots are on it'];
  if (snaps.some((snap) => snap.standing === 'other')) return ['other', 'this installation did not make it'];
  if (!image.snaps.every(isOurSnap)) return ['owned', 'snaps of others are on it'];
  if (asideForNova(name) !== undefined && !image.gone) return ['owned', 'it may be put back for its server'];
  const ours = maker === undefined ? hasOurs(image) && heldAreOurs(image, known) : known.ours.has(maker);
  return ours ? ['stranger', 'nothing needs it'] : ['other', 'this installation did not make it'];
}

const hasOurs = ({ snaps, held }: SeenImage): boolean => [...snaps, ...held].some(isOurSnap);

const heldAreOurs = ({ held }: SeenImage, { ours }: KnownRecords): boolean =>
  held.filter(isOurSnap).every((snap) => ours.has(backupOfSnapName(snap) ?? snapshotOfSnapName(snap) ?? ''));

const placeOf = ({ pool, id }: SeenImage): string => `${pool}/${id}`;

const common = ({ pool, id, name, inTrash }: SeenImage, place: string) => {
  return { place, pool, image_id: id, name, in_trash: inTrash };
};

const said = ([standing, why]: Verdict) => ({ standing, why });

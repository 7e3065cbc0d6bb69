import { bootBlankServer, volumeImage } from '../world/lab/blank-server.ts';
import { dataOf } from '../world/lab/content.ts';
import { rbdJson } from '../world/lab/lab.ts';
import type { Installation } from '../world/lab/rewind.ts';
import { attach, bootServer, createVolume, must, type Tenant } from '../world/lab/tenant.ts';
import type { Dice } from './dice.ts';

/** Of all that the run makes. */
export const PREFIX = 'endure';

/** A backup or snapshot, and what each of its disks held by a look of our own. */
export interface Point {
  id: string;
  kind: 'backup' | 'snapshot';
  /** Digests by disk id, as `dataOf`; a disk whose snap was gone before it could be looked at has none. */
  content: Map<string, string>;
  /** Of a server that may be another one by now. */
  serverId: string;
}

/** One server, and who plays with it: a lane does one thing after the other. */
export interface Lane {
  name: string;
  dice: Dice;
  /** Made by Nova from an image, with a system in it; otherwise without one, booted from a volume. */
  hasSystem: boolean;
  /** Empty between its loss and its return. */
  serverId: string;
  /** What it boots from, where that is a volume. */
  rootVolume: string | null;
  /** In the tenant's hands and not attached. */
  loose: string[];
  points: Point[];
  /** Snapshots of volumes that Cinder was asked for: id by volume. */
  cinderSnapshots: { id: string; volumeId: string }[];
}

/** What another project was given, and what it held then. It must hold the same in the end. */
interface GivenAway {
  volumeId: string;
  content: string;
}

export interface Scene {
  rewind: Installation;
  demo: Tenant;
  other: Tenant;
  admin: Tenant;
  lanes: Lane[];
  /** In Glance, and small: nothing boots from it. */
  blankImage: string;
  given: GivenAway[];
  /** Everything that went as it must not: the run fails in the end when there is any. */
  wrong: string[];
  /** How often each verb ended how. */
  tally: Map<string, number>;
  say(who: string, what: string): void;
}

const DATA_MIB = 12;
const BLANK_BYTES = 1_048_576;

/** Registers an image with nothing in it that boots. */
export async function makeBlankImage(who: Tenant): Promise<string> {
  const asked = { name: PREFIX, disk_format: 'raw', container_format: 'bare', min_disk: 1 };
  const { id } = await must<{ id: string }>(who.call('image', 'POST', '/v2/images', asked));
  const content = Buffer.alloc(BLANK_BYTES, 7);
  await must(who.call('image', 'PUT', `/v2/images/${id}/file`, content));
  return id;
}

export async function makeLanes(demo: Tenant, seed: string, dice: (seed: string) => Dice): Promise<Lane[]> {
  const kinds = [
    { name: 'one', hasSystem: false, volumes: 2 },
    { name: 'two', hasSystem: true, volumes: 1 },
    { name: 'three', hasSystem: false, volumes: 1 },
  ];
  const lanes: Lane[] = [];
  // One after the other: a machine that is busy boots three at once too slowly.
  for (const { name, hasSystem, volumes } of kinds) {
    const called = `${PREFIX}-${name}`;
    const blank = hasSystem ? null : await bootBlankServer(demo, called, DATA_MIB);
    const serverId = blank?.id ?? (await bootServer(demo, called));
    const lane: Lane = {
      name,
      dice: dice(`${seed} ${name}`),
      hasSystem,
      serverId,
      rootVolume: blank?.volume ?? null,
      loose: [],
      points: [],
      cinderSnapshots: [],
    };
    for (let n = 0; n < volumes; n += 1) {
      const volume = await createVolume(demo, `${called}-${n}`);
      await attach(demo, serverId, volume);
    }
    lanes.push(lane);
  }
  return lanes;
}

export const rootImage = (serverId: string): string => `vms/${serverId}_disk`;

/** The image of a point's disk as it is now; a root disk that Nova made has the name of its server. */
export const imageOfDisk = (disk: { kind: string; volume_id: string | null }, serverId: string): string | undefined =>
  disk.volume_id ? volumeImage(disk.volume_id) : disk.kind === 'root' ? rootImage(serverId) : undefined;

/** Looks at a point's snaps right after it was made. */
export async function contentAt(
  point: Pick<Point, 'id' | 'kind' | 'serverId'>,
  disks: readonly { id: string; kind: string; volume_id: string | null }[],
): Promise<Map<string, string>> {
  const content = new Map<string, string>();
  const snap = `rewind-${point.kind === 'backup' ? 'b' : 's'}-${point.id}`;
  for (const disk of disks) {
    const image = imageOfDisk(disk, point.serverId);
    if (image && (await hasSnap(image, snap))) content.set(disk.id, await dataOf(`${image}@${snap}`));
  }
  return content;
}

const hasSnap = async (image: string, snap: string): Promise<boolean> =>
  (await rbdJson<{ name: string }[]>('snap', 'ls', image).catch(() => [])).some(({ name }) => name === snap);

export function count(scene: Scene, what: string): void {
  scene.tally.set(what, (scene.tally.get(what) ?? 0) + 1);
}

import { type KeyObject, randomBytes } from 'node:crypto';
import { hasCode, RewindError } from '../../domain/errors.ts';
import { byText } from '../../domain/order.ts';
import type { KeyRing, ProjectKey, RootKeys } from '../../ports/keys.ts';
import type { Erasures } from '../../ports/stores/erasures.ts';
import type { Clock, Ids } from '../../ports/system.ts';
import type { Target } from '../../ports/target.ts';
import { type KeyPlace, keyObject } from '../format/layout.ts';
import { type KeyHolders, openKeyObject, writeKeyObject } from './key-object.ts';
import { type KeysOfProject, keysOfProject } from './keys-of-project.ts';

const KEY_BYTES = 32;
/** How long a listing is remembered; before a key is used, its object is looked up in any case. */
const REMEMBERED_MS = 10_000;
const MAX_REMEMBERED = 1_000;
const MOST_LOOKS = 3;

export interface ProjectKeysOptions {
  /** Null: the operator configured none; encrypted data cannot be read. */
  rootKeys: RootKeys | null;
  manifestKey: Uint8Array;
  /** True: new runs are encrypted. */
  encrypt: boolean;
  ids: Ids;
  clock: Clock;
  /** Absent: only what the target itself calls erased counts as erased. */
  erasures?: Erasures;
}

interface Remembered {
  until: number;
  found: Promise<KeysOfProject>;
  opened: Map<string, Promise<KeyObject>>;
}

/**
 * Keeps a random key for each project and target, which lies on the target wrapped under a root key of the operator's.
 */
export function projectKeys({ rootKeys, manifestKey, encrypt, ids, clock, erasures }: ProjectKeysOptions): KeyRing {
  const memory = new Map<string, Remembered>();

  const lookUp = async (target: Target, projectId: string): Promise<KeysOfProject> => {
    const before = await erasures?.ofProject(projectId);
    const found = await keysOfProject(target, projectId, manifestKey, before);
    // Those that an earlier release erased, or that were erased while the database was another one.
    const news = [...found.erased].filter((id) => before?.has(id) === false);
    if (news.length > 0) await erasures?.remember(projectId, news, new Date(clock.now()).toISOString());
    return found;
  };
  const look = (target: Target, projectId: string, afresh = false): Remembered => {
    const name = `${target.name}/${projectId}`;
    const known = memory.get(name);
    if (known && !afresh && known.until > clock.monotonic()) return known;
    if (memory.size >= MAX_REMEMBERED) memory.clear();
    const found = lookUp(target, projectId);
    const remembered = { until: clock.monotonic() + REMEMBERED_MS, found, opened: new Map() };
    memory.set(name, remembered);
    // A failed answer is not remembered.
    found.catch(() => memory.delete(name));
    return remembered;
  };
  const open = async (target: Target, remembered: Remembered, id: string, places: KeyPlace[]): Promise<ProjectKey> => {
    const opening = remembered.opened.get(id) ?? openNewest(target, places, holders(rootKeys, manifestKey));
    remembered.opened.set(id, opening);
    opening.catch(() => remembered.opened.delete(id));
    return { id, key: await opening };
  };
  const found = async (target: Target, projectId: string, keyId: string, afresh: boolean) => {
    const remembered = look(target, projectId, afresh);
    const { keys, erased } = await remembered.found;
    if (erased.has(keyId)) throw keyErased();
    const places = keys.get(keyId);
    // Another process erased or rewrapped it a moment ago.
    if (places && !afresh && (await stale(target, new Map([[keyId, places]])))) return undefined;
    return places && open(target, remembered, keyId, places);
  };

  return {
    async current(target, projectId) {
      if (!encrypt) return null;
      let remembered = look(target, projectId);
      if (await stale(target, (await remembered.found).keys)) remembered = look(target, projectId, true);
      const { keys } = await remembered.found;
      // Workers that began at the same time may each have made a key: all are good, and all workers choose the same
      // one.
      const [id] = [...keys.keys()].sort(byText);
      if (id !== undefined) return open(target, remembered, id, keys.get(id) ?? []);
      const place = { projectId, keyId: ids.uuid(), generation: 1 };
      const secret = randomBytes(KEY_BYTES);
      await writeKeyObject(target, place, secret, holders(rootKeys, manifestKey));
      secret.fill(0);
      // A key that cannot be read back would make every backup under it worthless.
      return open(target, look(target, projectId, true), place.keyId, [place]);
    },
    async find(target, projectId, keyId) {
      for (let look = 0; look < MOST_LOOKS; look += 1) {
        const key = await found(target, projectId, keyId, look > 0).catch((error: unknown) => {
          // It was listed, and rewrapped before it was read.
          if (hasCode(error, 'archive.missing')) return undefined;
          throw error;
        });
        if (key) return key;
      }
      throw keyMissing();
    },
  };
}

/** Whether one of these wrappings is gone. */
async function stale(target: Target, keys: ReadonlyMap<string, readonly KeyPlace[]>): Promise<boolean> {
  for (const [place] of keys.values()) {
    if (place && (await target.size(keyObject(place))) === undefined) return true;
  }
  return false;
}

/** While a root key is being replaced, the same key may have two wrappings: either will do. */
async function openNewest(target: Target, places: readonly KeyPlace[], keys: KeyHolders): Promise<KeyObject> {
  const problems: unknown[] = [];
  for (const place of places) {
    try {
      return await openKeyObject(target, place, keys);
    } catch (error) {
      problems.push(error);
    }
  }
  throw problems[0] ?? keyMissing();
}

function holders(rootKeys: RootKeys | null, manifestKey: Uint8Array): KeyHolders {
  if (rootKeys) return { rootKeys, manifestKey };
  throw new RewindError('config.encryption-key', 'Data is encrypted, and no key file is configured.', {
    hint: 'Set archive.encryption.key_file to the file of root keys that the backups were made with.',
  });
}

const keyErased = (): RewindError =>
  new RewindError('archive.key-erased', 'The key of the backup was erased on purpose: it cannot be read any more.', {
    hint: 'Delete the backup. A new one gets a new key.',
  });

const keyMissing = (): RewindError =>
  new RewindError('archive.key-missing', 'The key of the backup is not on the target.', {
    hint: "Put the project's folder `keys` back on the target, from a copy. It was not erased by Rewind.",
  });

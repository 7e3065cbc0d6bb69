import { createSecretKey, type KeyObject } from 'node:crypto';
import * as z from 'zod';
import type { RootKeys } from '../../ports/keys.ts';
import type { Target } from '../../ports/target.ts';
import { MAX_KEY_OBJECT_BYTES } from '../format/format-limits.ts';
import { erasureObject, type KeyPlace, keyObject } from '../format/layout.ts';
import { openSeal, seal } from '../format/seal.ts';
import { damaged, missing } from '../runs/damage.ts';
import { readWhole } from '../runs/read-object.ts';

const KEY_FORMAT = 'rewind-key/1';
const ERASURE_FORMAT = 'rewind-erasure/1';
const KEY_BYTES = 32;

const id = z.string().regex(/^[0-9a-f-]{32,36}$/);

const storedKey = z.strictObject({
  format: z.literal(KEY_FORMAT),
  project_id: id,
  key_id: id,
  generation: z.int().min(1),
  /** Names the operator's root key that wrapped it. */
  root_key: z.string().min(1).max(1024),
  wrapped: z.string().regex(/^[0-9a-f]+$/),
});

const erasure = z.strictObject({
  format: z.literal(ERASURE_FORMAT),
  project_id: id,
  /** These ids stay erased, whatever may turn up again under them. */
  keys: z.array(id),
  /** ISO 8601 in UTC. */
  erased_at: z.string(),
});

/** A project's key as it lies on a target. */
export type StoredKey = z.infer<typeof storedKey>;
export type Erasure = z.infer<typeof erasure>;

/** What the operator's root keys and the installation's manifest key are needed for. */
export interface KeyHolders {
  rootKeys: RootKeys;
  manifestKey: Uint8Array;
}

/** Rejects with `archive.missing` or `archive.damaged`. */
export async function readKeyObject(target: Target, place: KeyPlace, manifestKey: Uint8Array): Promise<StoredKey> {
  const object = keyObject(place);
  const key = storedKey.safeParse(await readSealed(target, object, manifestKey));
  if (!key.success) throw damaged(object, 'it makes no sense', key.error);
  const { project_id, key_id, generation } = key.data;
  if (project_id !== place.projectId || key_id !== place.keyId || generation !== place.generation)
    throw damaged(object, 'it is another key than its name says');
  return key.data;
}

/** Writes `secret` (32 bytes), wrapped under the newest root key. Rejects with `target.exists`, `config.encryption-key`. */
export async function writeKeyObject(
  target: Target,
  place: KeyPlace,
  secret: Uint8Array,
  { rootKeys, manifestKey }: KeyHolders,
): Promise<void> {
  const { rootKey, wrapped } = await rootKeys.wrap(secret, boundTo(place));
  const { projectId: project_id, keyId: key_id, generation } = place;
  const key: StoredKey = { format: KEY_FORMAT, project_id, key_id, generation, root_key: rootKey, wrapped };
  await target.put(keyObject(place), once(seal(key, manifestKey)));
}

/** Rejects with `archive.damaged`, `archive.missing`, `keys.root-missing`, `config.encryption-key`. */
export async function unwrapKeyObject(target: Target, place: KeyPlace, holders: KeyHolders): Promise<Uint8Array> {
  const { root_key: rootKey, wrapped } = await readKeyObject(target, place, holders.manifestKey);
  const secret = await holders.rootKeys.unwrap({ rootKey, wrapped }, boundTo(place));
  if (secret.length !== KEY_BYTES) throw damaged(keyObject(place), 'it is no key');
  return secret;
}

export async function openKeyObject(target: Target, place: KeyPlace, holders: KeyHolders): Promise<KeyObject> {
  const secret = await unwrapKeyObject(target, place, holders);
  const key = createSecretKey(secret);
  secret.fill(0);
  return key;
}

export async function readErasure(
  target: Target,
  projectId: string,
  number: number,
  manifestKey: Uint8Array,
): Promise<Erasure> {
  const object = erasureObject(projectId, number);
  const found = erasure.safeParse(await readSealed(target, object, manifestKey));
  if (!found.success || found.data.project_id !== projectId) throw damaged(object, 'it makes no sense', found.error);
  return found.data;
}

export async function writeErasure(
  target: Target,
  number: number,
  said: Omit<Erasure, 'format'>,
  manifestKey: Uint8Array,
): Promise<void> {
  const object = erasureObject(said.project_id, number);
  await target.put(object, once(seal({ format: ERASURE_FORMAT, ...said } satisfies Erasure, manifestKey)));
}

async function readSealed(target: Target, object: string, manifestKey: Uint8Array): Promise<unknown> {
  const stored = await readWhole(target, object, MAX_KEY_OBJECT_BYTES);
  if (stored === undefined) throw missing(object);
  return openSeal(stored, manifestKey, object);
}

const boundTo = ({ projectId, keyId, generation }: KeyPlace): string =>
  `${KEY_FORMAT} ${projectId} ${keyId} ${generation}`;

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

import { hasCode, RewindError } from '../../domain/errors.ts';
import { byText } from '../../domain/order.ts';
import type { Target } from '../../ports/target.ts';
import { type KeyPlace, keyObject, PROJECTS_PREFIX, parseErasureObject, parseKeyObject } from '../format/layout.ts';
import { type KeyHolders, readKeyObject, unwrapKeyObject, writeKeyObject } from './key-object.ts';
import { keysOfProject } from './keys-of-project.ts';

/** Projects that have, or had, a key on the target, in order. Lists the names of all objects. */
export async function projectsWithKeys(target: Target): Promise<string[]> {
  const projects = new Set<string>();
  for await (const object of target.list(PROJECTS_PREFIX)) {
    const key = parseKeyObject(object);
    if (key) projects.add(key.projectId);
    else if (parseErasureObject(object) !== undefined) projects.add(object.split('/')[1] ?? '');
  }
  return [...projects].sort(byText);
}

/**
 * Wraps all keys of a project on a target under the newest root key; the data stay as they are. Keys that are wrapped
 * so already are left alone, except that older wrappings are removed which a killed predecessor left. An older wrapping
 * goes only after the new one was read back and unwrapped to the same key. `erasedBefore`: see `keysOfProject`.
 * Resolves to the number of keys that were rewrapped.
 */
export async function rewrapKeys(
  target: Target,
  projectId: string,
  holders: KeyHolders,
  erasedBefore?: ReadonlySet<string>,
): Promise<number> {
  const newestRoot = (await holders.rootKeys.ids()).at(-1);
  const { keys } = await keysOfProject(target, projectId, holders.manifestKey, erasedBefore);
  let wrapped = 0;
  for (const places of keys.values()) {
    const newest = places[0] as KeyPlace;
    const stored = await readKeyObject(target, newest, holders.manifestKey);
    let keep = newest;
    if (stored.root_key !== newestRoot) {
      keep = { ...newest, generation: newest.generation + 1 };
      await wrapAgain(target, newest, keep, holders);
      wrapped += 1;
    } else if (places.length > 1) await requireSame(target, newest, holders);
    for (const old of places) if (old.generation < keep.generation) await target.remove(keyObject(old));
  }
  return wrapped;
}

async function wrapAgain(target: Target, from: KeyPlace, to: KeyPlace, holders: KeyHolders): Promise<void> {
  const secret = await unwrapKeyObject(target, from, holders);
  try {
    await writeKeyObject(target, to, secret, holders);
  } catch (error) {
    // Another process does the same: what it wrote is checked like our own.
    if (!hasCode(error, 'target.exists')) throw error;
  }
  await requireSame(target, to, holders, secret);
  secret.fill(0);
}

/** Rejects unless the wrapping can be undone and yields this secret. */
async function requireSame(target: Target, place: KeyPlace, holders: KeyHolders, secret?: Uint8Array): Promise<void> {
  const again = await unwrapKeyObject(target, place, holders);
  const same = secret === undefined || Buffer.from(again).equals(secret);
  again.fill(0);
  if (!same) throw new RewindError('keys.rewrap-differs');
}

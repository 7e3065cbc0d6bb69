import type { Target } from '../../ports/target.ts';
import { type KeyPlace, keysPrefix, parseErasureObject, parseKeyObject } from '../format/layout.ts';
import { readErasure } from './key-object.ts';

/** What lies on a target of one project's keys. Nothing here is secret. */
export interface KeysOfProject {
  /** By id: its wrappings, the newest generation first. Not those that were erased. */
  keys: Map<string, KeyPlace[]>;
  /** Wrappings that should be gone: whoever erased them was killed, or a copy was put back. */
  erasedPlaces: KeyPlace[];
  /** Ids of keys that were erased on purpose: those of `erasedHere`, and those remembered elsewhere. */
  erased: Set<string>;
  /** What the target itself says was erased: all that those know who have only the target, as gateways and a rescue. */
  erasedHere: Set<string>;
  /** Of the last erasure; 0: none. */
  lastErasure: number;
}

/**
 * `erasedBefore`: what is remembered elsewhere of erasures, for those who write on the target could take its own memory
 * away and put a key back. Rejects with `archive.damaged` when an erasure cannot be read.
 */
export async function keysOfProject(
  target: Target,
  projectId: string,
  manifestKey: Uint8Array,
  erasedBefore: ReadonlySet<string> = new Set(),
): Promise<KeysOfProject> {
  const places: KeyPlace[] = [];
  const erasedHere = new Set<string>();
  let lastErasure = 0;
  for await (const object of target.list(keysPrefix(projectId))) {
    const place = parseKeyObject(object);
    if (place) places.push(place);
    const number = parseErasureObject(object);
    if (number === undefined) continue;
    lastErasure = Math.max(lastErasure, number);
    for (const id of (await readErasure(target, projectId, number, manifestKey)).keys) erasedHere.add(id);
  }
  const erased = new Set([...erasedBefore, ...erasedHere]);
  const found: KeysOfProject = { keys: new Map(), erasedPlaces: [], erased, erasedHere, lastErasure };
  for (const place of places.sort((one, other) => other.generation - one.generation)) {
    if (erased.has(place.keyId)) found.erasedPlaces.push(place);
    else found.keys.set(place.keyId, [...(found.keys.get(place.keyId) ?? []), place]);
  }
  return found;
}

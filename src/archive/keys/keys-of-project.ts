import type { Target } from '../../ports/target.ts';
import { type KeyPlace, keysPrefix, parseErasureObject, parseKeyObject } from '../format/layout.ts';
import { readErasure } from './key-object.ts';

/** The keys of one project that lie on a target. Nothing here is secret. */
export interface KeysOfProject {
  /** For each id its wrappings, the newest generation first, without those that were erased. */
  keys: Map<string, KeyPlace[]>;
  /** Wrappings that should be gone: the process that erased them was killed, or a copy was put back. */
  erasedPlaces: KeyPlace[];
  /** Ids of keys that were erased on purpose: those in `erasedHere`, and those remembered elsewhere. */
  erased: Set<string>;
  /**
   * Ids that the target itself calls erased: this is all that a process with nothing but the target, such as a gateway
   * or a rescue, knows.
   */
  erasedHere: Set<string>;
  /** Number of the last erasure; 0: there is none. */
  lastErasure: number;
}

/**
 * `erasedBefore`: erasures that are remembered elsewhere, because those who write on the target could remove its own
 * record and put a key back. Rejects with `archive.damaged` when an erasure cannot be read.
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

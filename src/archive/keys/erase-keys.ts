import { byText } from '../../domain/order.ts';
import type { Erasures } from '../../ports/stores/erasures.ts';
import type { Target } from '../../ports/target.ts';
import { keyObject } from '../format/layout.ts';
import { writeErasure } from './key-object.ts';
import { keysOfProject } from './keys-of-project.ts';

/**
 * Removes all keys of a project from a target: what was encrypted under them can be read by nobody any more. First of
 * all it is written down that they were erased, so that it can be told from a loss, and so that whoever continues after
 * a crash, or finds a copy put back, knows what has to go: in `erasures`, which nobody who writes on the target can change, and there,
 * for whoever has nothing but the target. One of the two may be there without the other, after a crash or because somebody took it
 * away: no key goes before both have it. Needs no root key. Idempotent. Resolves to the ids of the keys that the target did
 * not call erased before.
 */
export async function eraseKeys(
  target: Target,
  projectId: string,
  manifestKey: Uint8Array,
  erasedAt: string,
  erasures?: Erasures,
): Promise<string[]> {
  const before = await erasures?.ofProject(projectId);
  const found = await keysOfProject(target, projectId, manifestKey, before);
  const places = [...found.erasedPlaces, ...[...found.keys.values()].flat()];
  const lying = new Set(places.map((place) => place.keyId));
  const ids = [...lying].filter((id) => !found.erasedHere.has(id)).sort(byText);
  // Erasures of earlier releases are on the target only.
  await erasures?.remember(projectId, [...found.erased, ...ids], erasedAt);
  if (ids.length > 0) {
    const said = { project_id: projectId, keys: ids, erased_at: erasedAt };
    await writeErasure(target, found.lastErasure + 1, said, manifestKey);
  }
  for (const place of places) await target.remove(keyObject(place));
  return ids;
}

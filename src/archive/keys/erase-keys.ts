import { byText } from '../../domain/order.ts';
import type { Erasures } from '../../ports/stores/erasures.ts';
import type { Target } from '../../ports/target.ts';
import { keyObject } from '../format/layout.ts';
import { writeErasure } from './key-object.ts';
import { keysOfProject } from './keys-of-project.ts';

/**
 * Removes all keys of a project from a target: nobody can read any more what was encrypted under them. First it records
 * that they were erased, so that an erasure can be told from a loss, and so that whoever continues after a crash, or
 * finds a copy put back, knows what has to go. It is recorded in `erasures`, which nobody who writes on the target can
 * change, and on the target, for those who have nothing else. After a crash, or because somebody removed it, one record
 * may be there without the other: no key goes before both have it. Needs no root key. Idempotent. Resolves to the ids
 * of the keys that the target did not call erased before.
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
  // Earlier releases recorded erasures on the target only.
  await erasures?.remember(projectId, [...found.erased, ...ids], erasedAt);
  if (ids.length > 0) {
    const said = { project_id: projectId, keys: ids, erased_at: erasedAt };
    await writeErasure(target, found.lastErasure + 1, said, manifestKey);
  }
  for (const place of places) await target.remove(keyObject(place));
  return ids;
}

import { hasCode } from '../../domain/errors.ts';
import type { Target } from '../../ports/target.ts';
import { damaged, missing } from './damage.ts';

/**
 * Reads exactly these bytes of a stored object. Rejects with `archive.missing`, `archive.damaged`, or the target's
 * error.
 */
export async function readRange(target: Target, object: string, offset: number, length: number): Promise<Uint8Array> {
  try {
    const bytes = await target.read(object, offset, length);
    if (bytes.length !== length) throw damaged(object, 'it is cut off');
    return bytes;
  } catch (error) {
    if (hasCode(error, 'target.not-found')) throw missing(object, error);
    if (hasCode(error, 'target.truncated')) throw damaged(object, 'it is cut off', error);
    throw error;
  }
}

/** Reads a small object as a whole; undefined when it is absent. More than `maxBytes` counts as damage. */
export async function readWhole(target: Target, object: string, maxBytes: number): Promise<Uint8Array | undefined> {
  const size = await target.size(object);
  if (size === undefined) return undefined;
  if (size > maxBytes) throw damaged(object, 'it is longer than it can be');
  return readRange(target, object, 0, size);
}

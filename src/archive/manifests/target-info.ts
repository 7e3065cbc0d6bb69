import * as z from 'zod';
import { hasCode, RewindError } from '../../domain/errors.ts';
import type { Target } from '../../ports/target.ts';
import { MAX_TARGET_INFO_BYTES } from '../format/format-limits.ts';
import { TARGET_INFO_OBJECT } from '../format/layout.ts';
import { openSeal, seal } from '../format/seal.ts';
import { damaged } from '../runs/damage.ts';
import { readWhole } from '../runs/read-object.ts';

const TARGET_FORMAT = 'rewind-target/1';

const targetInfo = z.strictObject({
  format: z.literal(TARGET_FORMAT),
  /** Made at first use; distinguishes a target from another one mounted in its place. */
  id: z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
});

export type TargetInfo = z.infer<typeof targetInfo>;

/** Undefined when the target was never used. Rejects with `archive.damaged`, also when the key is a different one. */
export async function readTargetInfo(target: Target, key: Uint8Array): Promise<TargetInfo | undefined> {
  const stored = await readWhole(target, TARGET_INFO_OBJECT, MAX_TARGET_INFO_BYTES);
  if (stored === undefined) return undefined;
  const info = targetInfo.safeParse(openSeal(stored, key, TARGET_INFO_OBJECT));
  if (!info.success) throw damaged(TARGET_INFO_OBJECT, 'it makes no sense', info.error);
  return info.data;
}

/**
 * Marks a target at first use; later it checks that the target has this format and this key. A caller that knows that
 * the target was used before should call `readTargetInfo` instead: then a missing mark means that the file system is
 * not mounted.
 */
export async function ensureTargetInfo(target: Target, key: Uint8Array, newId: () => string): Promise<TargetInfo> {
  const found = await readTargetInfo(target, key);
  if (found) return found;
  const info: TargetInfo = { format: TARGET_FORMAT, id: newId() };
  try {
    await target.put(TARGET_INFO_OBJECT, sealed(info, key));
    return info;
  } catch (error) {
    if (!hasCode(error, 'target.exists')) throw error;
  }
  // Another worker was faster: its mark counts.
  const theirs = await readTargetInfo(target, key);
  if (!theirs) throw new RewindError('target.unavailable', 'The target changes under our hands.', { retry: false });
  return theirs;
}

async function* sealed(info: TargetInfo, key: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield seal(info, key);
}

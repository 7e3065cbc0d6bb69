import { RewindError } from '../../domain/errors.ts';
import { generationOf, type Manifest, openManifest } from './manifest.ts';
import type { StoredManifest } from './manifests.ts';

/**
 * An authentic manifest may still be an old one that was put back. `copy` is the last version that Rewind recorded of
 * the same backup on the same target; undefined: there is none, and every authentic manifest is accepted. Throws
 * `archive.rolled-back`. A later generation than the copy's is fine: the process that wrote it was killed before it
 * made the copy.
 */
export function refuseRolledBack(found: StoredManifest, copy: string | undefined, key: Uint8Array): void {
  const known = copy === undefined ? undefined : openCopy(copy, key);
  if (copy === undefined || known === undefined) return;
  const [there, here] = [generationOf(found.manifest), generationOf(known)];
  if (there > here) return;
  if (there < here) throw rolledBack(`its generation is ${there}, and it was ${here} already`);
  if (!Buffer.from(found.sealed).equals(Buffer.from(copy, 'utf8'))) {
    throw rolledBack('it is another one than was written');
  }
}

/** A copy that cannot be read proves nothing about the target. */
function openCopy(copy: string, key: Uint8Array): Manifest | undefined {
  try {
    return openManifest(Buffer.from(copy, 'utf8'), key, 'the copy in the database');
  } catch {
    return undefined;
  }
}

const rolledBack = (what: string): RewindError =>
  new RewindError('archive.rolled-back', `The manifest of the backup is authentic, but an old one: ${what}.`);

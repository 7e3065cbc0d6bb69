import { statSync } from 'node:fs';

/** True while the operator wants no new requests here (like oslo's `disable_by_file`). */
export function drainFile(path: string | null): () => boolean {
  return () => path !== null && statSync(path, { throwIfNoEntry: false }) !== undefined;
}

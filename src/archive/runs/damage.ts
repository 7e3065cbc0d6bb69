import { hasCode, RewindError } from '../../domain/errors.ts';

const HINT = 'Verify the other backups of this server; the storage behind the target needs a look.';

/** Stored data that differ from what was written. Names the object and what is wrong with it. */
export const damaged = (object: string, what: string, cause?: unknown): RewindError =>
  new RewindError('archive.damaged', `The stored object ${object} is damaged: ${what}.`, { hint: HINT, cause });

export const missing = (object: string, cause?: unknown): RewindError =>
  new RewindError('archive.missing', `The stored object ${object} is missing.`, { hint: HINT, cause });

/** Violations of a grammar that are found in stored data mean damage to that object; other errors stay as they are. */
export const asDamage = (object: string, error: unknown): unknown =>
  hasCode(error, 'diff.malformed') ? damaged(object, 'its records are malformed', error) : error;

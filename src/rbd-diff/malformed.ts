import { RewindError } from '../domain/errors.ts';

/** The error for every violation of the stream's grammar: code `diff.malformed`, for the operator to look into. */
export const malformed = (what: string): RewindError => {
  const message = `The stream of changes of a disk was malformed: ${what}.`;
  return new RewindError('diff.malformed', message);
};

/** A stream that broke off may be complete the next time: it is worth another try, from its beginning. */
export const brokenOff = (afterBytes: number, wanted: number): RewindError => {
  const cause = new Error(`${wanted} more bytes were wanted after byte ${afterBytes}`);
  const message = 'The stream of changes of a disk was malformed: it ends too early.';
  return new RewindError('diff.malformed', message, { retry: true, cause });
};

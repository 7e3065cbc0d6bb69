import { RewindError } from '../domain/errors.ts';

/** Every breach of the stream's grammar: code `diff.malformed`, the operator's to look into. */
export const malformed = (what: string): RewindError =>
  new RewindError('diff.malformed', `The stream of changes of a disk was malformed: ${what}.`, { fault: 'errored' });

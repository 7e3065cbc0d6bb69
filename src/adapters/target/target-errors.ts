import type { ChildOf } from '../../domain/errors/error-catalogue.ts';
import { RewindError } from '../../domain/errors.ts';

/** The port's refusals; `cause` is for the log only. */
export const full = (target: string, cause?: unknown): RewindError =>
  new RewindError('target.full', `The target ${target} is full.`, { cause });

/** A known cause: `code` follows `target.`, and the words follow "The target x ". */
export const refused = (
  target: string,
  [code, words, hint]: readonly [code: ChildOf<'target'>, words: string, hint?: string],
  cause: unknown,
): RewindError =>
  new RewindError(`target.${code}`, `The target ${target} ${words}`, { cause, ...(hint !== undefined && { hint }) });

export const exists = (cause?: unknown): RewindError => new RewindError('target.exists', { cause });

interface Unavailable {
  words?: string;
  /** True: it may pass by itself. */
  retry?: boolean;
  hint?: string;
}

export const unavailable = (
  target: string,
  cause?: unknown,
  { words = 'does not answer as it should.', retry = true, ...more }: Unavailable = {},
): RewindError => new RewindError('target.unavailable', `The target ${target} ${words}`, { retry, cause, ...more });

export const notFound = (cause?: unknown): RewindError =>
  new RewindError('target.not-found', 'There is no such object on the target.', { fault: 'errored', cause });

export const truncated = (): RewindError => new RewindError('target.truncated');

export const noHardLinks = (target: string, cause?: unknown): RewindError =>
  new RewindError('target.no-hard-links', `The file system of target ${target} does not make hard links.`, { cause });

export const versioned = (target: string): RewindError =>
  new RewindError('target.versioned', `The bucket of target ${target} keeps versions.`);

export const overwrites = (target: string): RewindError =>
  new RewindError('target.overwrites', `The server of target ${target} overwrites what is there.`);

export const clockOff = (target: string, cause?: unknown): RewindError =>
  new RewindError('target.clock', `The clocks of this host and of target ${target} are too far apart.`, { cause });

export const noBucket = (target: string, cause?: unknown): RewindError =>
  new RewindError('target.no-bucket', `The bucket of target ${target} is not there.`, {
    hint: 'Make it, without versioning, or mend `bucket` and `endpoint` in the settings.',
    cause,
  });

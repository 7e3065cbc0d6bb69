import { RewindError } from '../../../domain/errors.ts';

/** No part begins with a dot: so `..` and our own `.tmp` cannot be named. */
const PART = /^[a-z0-9][a-z0-9._-]{0,127}$/;
const MAX_PARTS = 16;

/** The archive's mark: a directory that is no target of ours, or a file system that is not mounted, has none. */
export const MARK = 'rewind-target.json';

/** Accepts an object's name that is a path of our grammar; anything else is a bug or an attack. */
export function objectName(name: string): string {
  if (!isName(name)) throw badName();
  return name;
}

export function isName(name: string): boolean {
  const parts = name.split('/');
  return parts.length <= MAX_PARTS && parts.every((part) => PART.test(part));
}

/** The same for a prefix, which ends in `/` or is empty. Returns it without the slash. */
export function prefixName(prefix: string): string {
  if (prefix === '') return prefix;
  if (!prefix.endsWith('/')) throw badName();
  return objectName(prefix.slice(0, -1));
}

export const isPart = (name: string): boolean => PART.test(name);

const badName = () => new RewindError('internal.bad-name', 'A storage name was malformed.');

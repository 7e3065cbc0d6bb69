import { generalCode } from '../../domain/errors.ts';
import type { LaterWords } from '../../domain/fields.ts';
import { atLeast } from './version.ts';

/** The word that a client of this version knows. */
export function wordAt<W extends string>(version: string, words: LaterWords, word: W): W {
  const later = Object.hasOwn(words, word) ? words[word] : undefined;
  return later && !atLeast(version, later.since) ? (later.before as W) : word;
}

/** Whether a client of this version may use the word. */
export const knownAt = (version: string, words: LaterWords, word: string): boolean =>
  wordAt(version, words, word) === word;

/** All stored words that a client of this version reads as this one. */
export const wordsShownAs = (version: string, words: LaterWords, word: string): string[] => [
  word,
  ...Object.keys(words).filter((later) => later !== word && wordAt(version, words, later) === word),
];

/**
 * From this version on a code may be more specific after a third dot: `openstack.over-quota.volumes`; before, it is
 * `openstack.over-quota`.
 */
const EXACT_CODES_SINCE = '1.1';

/** The code of an error that a client of this version knows. */
export const codeAt = <C extends string | null | undefined>(version: string, code: C): C =>
  typeof code !== 'string' || atLeast(version, EXACT_CODES_SINCE) ? code : (generalCode(code) as C & string);

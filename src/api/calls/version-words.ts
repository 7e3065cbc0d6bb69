import { generalCode } from '../../domain/errors.ts';
import type { LaterWords } from '../../domain/fields.ts';
import { atLeast } from './version.ts';

/** The word as a client of this version knows it. */
export function wordAt<W extends string>(version: string, words: LaterWords, word: W): W {
  const later = Object.hasOwn(words, word) ? words[word] : undefined;
  return later && !atLeast(version, later.since) ? (later.before as W) : word;
}

/** Whether a client of this version may say the word. */
export const knownAt = (version: string, words: LaterWords, word: string): boolean =>
  wordAt(version, words, word) === word;

/** All stored words that a client of this version reads as this one. */
export const wordsShownAs = (version: string, words: LaterWords, word: string): string[] => [
  word,
  ...Object.keys(words).filter((later) => later !== word && wordAt(version, words, later) === word),
];

/** From then on a code may say more behind a third dot: `openstack.over-quota.volumes`; before it says `openstack.over-quota`. */
const EXACT_CODES_SINCE = '1.1';

/** The code of an error as a client of this version knows it. */
export const codeAt = <C extends string | null | undefined>(version: string, code: C): C =>
  typeof code !== 'string' || atLeast(version, EXACT_CODES_SINCE) ? code : (generalCode(code) as C & string);

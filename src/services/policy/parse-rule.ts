import { RewindError } from '../../domain/errors.ts';

/** A check string of oslo.policy as a tree. */
export type Check =
  | { is: 'always' }
  | { is: 'never' }
  | { is: 'not'; check: Check }
  | { is: 'and' | 'or'; checks: Check[] }
  | { is: 'role' | 'rule'; name: string }
  /** `kind` is an attribute of the caller, or a quoted literal; `match` a literal or `%(attribute)s` of the target. */
  | { is: 'equal'; kind: string; literal: boolean; match: string };

const MAX_LENGTH = 4_096;
const MAX_DEPTH = 32;
const TOKEN =
  /\s*(?:([()])|(@|!)(?=[\s()]|$)|((?:'[^']*'|"[^"]*"|[\w.-]+):(?:%\([\w.]+\)s|'[^']*'|"[^"]*"|[^\s()]+))|(and|or|not)(?=[\s()]|$))/iy;

/**
 * oslo_policy's language: `role:x`, `rule:x`, `attr:%(target)s`, `'literal':%(x)s`, `and or not ( ) @ !`; empty means
 * always. Its `http:` checks are refused: a decision must not depend on another server. `policy.invalid` (errored).
 */
export function parseRule(text: string): Check {
  const tokens = tokenize(text);
  if (tokens.length === 0) return { is: 'always' };
  const reader = { tokens, at: 0 };
  const check = readOr(reader, 0);
  if (reader.at < tokens.length) throw malformed(text);
  return check;
}

interface Reader {
  tokens: string[];
  at: number;
}

function tokenize(text: string): string[] {
  if (text.length > MAX_LENGTH) throw malformed(text);
  const tokens: string[] = [];
  const pattern = new RegExp(TOKEN);
  const trimmed = text.trim();
  while (pattern.lastIndex < trimmed.length) {
    const found = pattern.exec(trimmed);
    if (!found) throw malformed(text);
    tokens.push(found[0].trim());
  }
  return tokens;
}

function readOr(reader: Reader, depth: number): Check {
  return readList(reader, 'or', depth, readAnd);
}

function readAnd(reader: Reader, depth: number): Check {
  return readList(reader, 'and', depth, readNot);
}

function readList(reader: Reader, word: 'and' | 'or', depth: number, readOne: typeof readNot): Check {
  const checks = [readOne(reader, depth)];
  while (reader.tokens[reader.at]?.toLowerCase() === word) {
    reader.at += 1;
    checks.push(readOne(reader, depth));
  }
  return checks.length === 1 && checks[0] ? checks[0] : { is: word, checks };
}

function readNot(reader: Reader, depth: number): Check {
  if (depth > MAX_DEPTH) throw malformed(reader.tokens.join(' '));
  const token = reader.tokens[reader.at];
  reader.at += 1;
  if (token === undefined) throw malformed(reader.tokens.join(' '));
  if (token.toLowerCase() === 'not') return { is: 'not', check: readNot(reader, depth + 1) };
  if (token === '(') {
    const inner = readOr(reader, depth + 1);
    if (reader.tokens[reader.at] !== ')') throw malformed(reader.tokens.join(' '));
    reader.at += 1;
    return inner;
  }
  if (token === '@') return { is: 'always' };
  if (token === '!') return { is: 'never' };
  return readCheck(token);
}

function readCheck(token: string): Check {
  const [, quoted, bare, match] = /^(?:(['"].*?['"])|([\w.-]+)):(.+)$/s.exec(token) ?? [];
  if (match === undefined) throw malformed(token);
  const value = unquote(match);
  if (quoted !== undefined) return { is: 'equal', kind: unquote(quoted), literal: true, match: value };
  if (bare === 'role' || bare === 'rule') return { is: bare, name: value };
  if (bare === undefined || bare === 'http' || bare === 'https') throw malformed(token);
  return { is: 'equal', kind: bare, literal: false, match: value };
}

const unquote = (text: string): string => (/^(['"]).*\1$/s.test(text) ? text.slice(1, -1) : text);

function malformed(text: string): RewindError {
  return new RewindError('policy.invalid', `A policy rule cannot be understood: ${text.slice(0, 200)}`, {
    fault: 'errored',
  });
}

import { RewindError } from '../../domain/errors.ts';

/** A check string of oslo.policy as a tree. */
export type Check =
  | { is: 'always' }
  | { is: 'never' }
  | { is: 'not'; check: Check }
  | { is: 'and' | 'or'; checks: Check[] }
  /** In `role` and `equal` the text may contain `%(attribute)s` of the target. */
  | { is: 'role' | 'rule'; name: string }
  /** `kind` is an attribute of the caller, or a literal. */
  | { is: 'equal'; kind: string; literal: boolean; match: string };

/** oslo.policy's older form: the outer list is joined by `or`, the inner lists by `and`. */
export type RuleText = string | readonly (string | readonly string[])[];

const MAX_LENGTH = 4_096;
const MAX_CHECKS = 1_024;
const MAX_DEPTH = 32;
/** Characters that Python and JavaScript do not agree about: white space, or nothing, to one of them only. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be in a rule
const DOUBTFUL = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\ufeff]/;
/** An attribute of the caller; where Python would see a keyword of its own, the check fails. */
const ATTRIBUTE = /^[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*$/;
const PYTHON =
  /^(?:and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield)$/;
/** The caller's attributes have no parts: `roles.x` is an error in oslo.policy. */
const NO_TREE = /^(?:project_id|user_id|roles)\./;
const LITERAL = /^(?:True|False|None|0|[1-9]\d{0,15})$/;
const QUOTED = /^(?:'[^'\\]*'|"[^"\\]*")$/;
/** Any other `%` is an error in Python. */
const PLACEHOLDERS = /%\([^()%]+\)s|%%/g;

/**
 * oslo_policy's language, decided as oslo.policy decides it: `role:x`, `rule:x`, `attr:%(target)s`, `'literal':%(x)s`,
 * `True:x`, `and or not ( ) @ !`; empty means always. Words are separated by white space, and parentheses stand at
 * their ends. Refused is what makes oslo.policy fail, what it cannot read and so treats as a rule that never holds, and
 * its `http:` checks: a decision must not depend on another server. `policy.invalid` (errored).
 */
export function parseRule(rule: RuleText): Check {
  return typeof rule === 'string' ? parseText(rule) : parseList(rule);
}

function parseText(text: string): Check {
  if (text === '') return { is: 'always' };
  const reader = { tokens: tokenize(text), at: 0 };
  const check = readOr(reader, 0);
  if (reader.at < reader.tokens.length) throw malformed(text);
  return check;
}

function parseList(list: Exclude<RuleText, string>): Check {
  if (list.length === 0) return { is: 'always' };
  const ands = list.map((inner) => (typeof inner === 'string' ? [inner] : inner)).filter((inner) => inner.length > 0);
  if (ands.flat().length > MAX_CHECKS) throw malformed(JSON.stringify(list));
  const checks = ands.map((inner) => joined('and', inner.map(readOne)));
  return checks.length === 0 ? { is: 'never' } : joined('or', checks);
}

interface Reader {
  tokens: string[];
  at: number;
}

function tokenize(text: string): string[] {
  if (text.length > MAX_LENGTH || DOUBTFUL.test(text)) throw malformed(text);
  return text.split(/\s+/).flatMap((word) => {
    const [, before = '', rest = ''] = /^(\(*)(.*)$/s.exec(word) ?? [];
    const bare = rest.replace(/\)+$/, '');
    const after = rest.slice(bare.length);
    return [...before, ...(bare === '' ? [] : [bare]), ...after];
  });
}

function readOr(reader: Reader, depth: number): Check {
  return readList(reader, 'or', depth, readAnd);
}

function readAnd(reader: Reader, depth: number): Check {
  return readList(reader, 'and', depth, readNot);
}

function readList(reader: Reader, word: 'and' | 'or', depth: number, readNext: typeof readNot): Check {
  const checks = [readNext(reader, depth)];
  while (reader.tokens[reader.at]?.toLowerCase() === word) {
    reader.at += 1;
    checks.push(readNext(reader, depth));
  }
  return joined(word, checks);
}

const joined = (is: 'and' | 'or', checks: Check[]): Check =>
  checks.length === 1 && checks[0] ? checks[0] : { is, checks };

function readNot(reader: Reader, depth: number): Check {
  const all = () => reader.tokens.join(' ');
  if (depth > MAX_DEPTH) throw malformed(all());
  const token = reader.tokens[reader.at];
  reader.at += 1;
  if (token === undefined) throw malformed(all());
  const lowered = token.toLowerCase();
  if (lowered === 'and' || lowered === 'or') throw malformed(all());
  if (lowered === 'not') return { is: 'not', check: readNot(reader, depth + 1) };
  if (token !== '(') return readOne(token);
  const inner = readOr(reader, depth + 1);
  if (reader.tokens[reader.at] !== ')') throw malformed(all());
  reader.at += 1;
  return inner;
}

/** One check as a whole: the list form does not split it into words. */
function readOne(token: string): Check {
  if (token === '@') return { is: 'always' };
  if (token === '!') return { is: 'never' };
  // In oslo.policy, a text that is quoted as a whole is not a check, with or without a colon in it.
  const colon = token.indexOf(':');
  if (colon < 0 || token.length > MAX_LENGTH || DOUBTFUL.test(token) || /^(['"]).*\1$/s.test(token))
    throw malformed(token);
  const kind = token.slice(0, colon);
  const match = token.slice(colon + 1);
  if (match === '' || kind === 'http' || kind === 'https') throw malformed(token);
  // In oslo.policy, a parenthesis inside a word belongs to the word: nobody means that.
  if (/[()]/.test(match.replace(PLACEHOLDERS, ''))) throw malformed(token);
  if (kind === 'rule') return { is: 'rule', name: match };
  if (match.replace(PLACEHOLDERS, '').includes('%')) throw malformed(token);
  if (kind === 'role') return { is: 'role', name: match };
  if (QUOTED.test(kind)) return { is: 'equal', kind: kind.slice(1, -1), literal: true, match };
  if (LITERAL.test(kind)) return { is: 'equal', kind, literal: true, match };
  const isAttribute = ATTRIBUTE.test(kind) && !kind.split('.').some((part) => PYTHON.test(part)) && !NO_TREE.test(kind);
  if (!isAttribute) throw malformed(token);
  return { is: 'equal', kind, literal: false, match };
}

function malformed(text: string): RewindError {
  return new RewindError('policy.invalid', `A policy rule cannot be understood: ${text.slice(0, 200)}`);
}

import type { Caller } from '../../domain/caller.ts';
import type { Check } from './parse-rule.ts';

/** What a rule may compare with the caller: the owner of the thing. */
export interface PolicyTarget {
  project_id?: string;
  user_id?: string;
}

/** No real rule is as deep; rules that refer to each other in a circle end here. */
const MAX_DEPTH = 256;
/** Used in place of a rule that does not exist. */
const DEFAULT_RULE = 'default';
const PLACEHOLDER = /%\(([^()%]+)\)s|%%/g;

class TooDeep extends Error {}

/**
 * Anything unknown – a rule, an attribute, a target without a value – means no (see `unknownBelowNot`). What cannot be
 * decided, because rules name each other in a circle, means no as a whole, whatever `not` precedes it.
 */
export function checkRule(
  check: Check,
  caller: Caller,
  target: PolicyTarget,
  rules: ReadonlyMap<string, Check>,
): boolean {
  const decide = (one: Check, depth: number): boolean => {
    if (depth > MAX_DEPTH) throw new TooDeep();
    const again = (inner: Check): boolean => decide(inner, depth + 1);
    switch (one.is) {
      case 'always':
        return true;
      case 'never':
        return false;
      case 'not':
        return !again(one.check);
      case 'and':
        return one.checks.every(again);
      case 'or':
        return one.checks.some(again);
      case 'role':
        return hasRole(caller, substituted(one.name, target));
      case 'rule': {
        const named = namedRule(one.name, rules);
        return named !== undefined && again(named);
      }
      case 'equal':
        return equal(one, caller, substituted(one.match, target));
    }
  };
  try {
    return decide(check, 0);
  } catch (error) {
    if (error instanceof TooDeep) return false;
    throw error;
  }
}

const hasRole = ({ roles }: Caller, name: string | undefined): boolean =>
  name !== undefined && roles.some((role) => role.toLowerCase() === name.toLowerCase());

function equal(check: Extract<Check, { is: 'equal' }>, caller: Caller, match: string | undefined): boolean {
  if (match === undefined) return false;
  if (check.literal) return check.kind === match;
  return callerValues(caller, check.kind).includes(match);
}

/** The text with the target's values inserted, as Python's `%` does it. Undefined: the target lacks one. */
function substituted(text: string, target: PolicyTarget): string | undefined {
  let lacks = false;
  const whole = text.replace(PLACEHOLDER, (_, name: string | undefined) => {
    if (name === undefined) return '%';
    const value = targetValue(target, name);
    lacks ||= value === undefined;
    return value ?? '';
  });
  return lacks ? undefined : whole;
}

function targetValue(target: PolicyTarget, name: string): string | undefined {
  if (name === 'project_id' || name === 'target.project.id') return target.project_id;
  return name === 'user_id' || name === 'target.user.id' ? target.user_id : undefined;
}

/** What is known of a caller, by oslo.policy's names. An attribute that is a list has each of its values. */
const CALLER: ReadonlyMap<string, (caller: Caller) => readonly string[]> = new Map([
  ['project_id', (caller: Caller) => [caller.projectId]],
  ['user_id', (caller: Caller) => [caller.userId]],
  ['roles', (caller: Caller) => caller.roles],
]);

const callerValues = (caller: Caller, name: string): readonly string[] => CALLER.get(name)?.(caller) ?? [];

/**
 * An attribute of the caller that is not known here and occurs below a `not`, in this rule or one that it names: where
 * other services know it the check would refuse, and here it would allow. Undefined: there is none. Circles are not
 * followed twice.
 */
export function unknownBelowNot(check: Check, rules: ReadonlyMap<string, Check>): string | undefined {
  const seen = new Set<string>();
  const look = (one: Check, below: boolean): string | undefined => {
    switch (one.is) {
      case 'not':
        return look(one.check, true);
      case 'and':
      case 'or':
        return firstOf(one.checks, (inner) => look(inner, below));
      case 'rule': {
        const name = `${one.name} ${below}`;
        const named = seen.has(name) ? undefined : namedRule(one.name, rules);
        seen.add(name);
        return named && look(named, below);
      }
      case 'equal':
        return below && !one.literal && !CALLER.has(one.kind) ? one.kind : undefined;
      default:
        return undefined;
    }
  };
  return look(check, false);
}

function firstOf<T, F>(all: readonly T[], find: (one: T) => F | undefined): F | undefined {
  for (const one of all) {
    const found = find(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

const namedRule = (name: string, rules: ReadonlyMap<string, Check>): Check | undefined =>
  rules.get(name) ?? rules.get(DEFAULT_RULE);

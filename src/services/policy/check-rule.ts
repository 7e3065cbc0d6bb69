import type { Caller } from '../../domain/caller.ts';
import type { Check } from './parse-rule.ts';

/** What a rule may compare with the caller: whose the thing is. */
export interface PolicyTarget {
  project_id?: string;
  user_id?: string;
}

/** Nobody writes so many; rules that refer to each other in a circle end here. */
const MAX_DEPTH = 256;
/** In the place of a rule that is not there. */
const DEFAULT_RULE = 'default';
const PLACEHOLDER = /%\(([^()%]+)\)s|%%/g;

class TooDeep extends Error {}

/**
 * Anything unknown – a rule, an attribute, a target without a value – is no. What cannot be decided, because rules name
 * each other in a circle, is no as a whole, whatever `not` stands before it.
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
        const named = rules.get(one.name) ?? rules.get(DEFAULT_RULE);
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

/** With the target's values in it, as Python's `%` puts them there. Undefined: it lacks one. */
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

/** One that is a list has each of its values. */
function callerValues(caller: Caller, name: string): readonly string[] {
  if (name === 'project_id') return [caller.projectId];
  if (name === 'roles') return caller.roles;
  return name === 'user_id' ? [caller.userId] : [];
}

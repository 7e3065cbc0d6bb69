import type { Caller } from '../../domain/caller.ts';
import type { Check } from './parse-rule.ts';

/** What a rule may compare with the caller: whose the thing is. */
export interface PolicyTarget {
  project_id?: string;
  user_id?: string;
}

/** Rules that refer to each other in a circle end here, with no. */
const MAX_DEPTH = 32;
const TARGET_ATTRIBUTE = /^%\(([\w.]+)\)s$/;

/** Anything unknown – a rule, an attribute, a target without a value – is no. */
export function checkRule(
  check: Check,
  caller: Caller,
  target: PolicyTarget,
  rules: ReadonlyMap<string, Check>,
  depth = 0,
): boolean {
  if (depth > MAX_DEPTH) return false;
  const again = (inner: Check): boolean => checkRule(inner, caller, target, rules, depth + 1);
  switch (check.is) {
    case 'always':
      return true;
    case 'never':
      return false;
    case 'not':
      return !again(check.check);
    case 'and':
      return check.checks.every(again);
    case 'or':
      return check.checks.some(again);
    case 'role':
      return caller.roles.some((role) => role.toLowerCase() === check.name.toLowerCase());
    case 'rule': {
      const named = rules.get(check.name);
      return named !== undefined && again(named);
    }
    case 'equal':
      return equal(check, caller, target);
  }
}

function equal(check: Extract<Check, { is: 'equal' }>, caller: Caller, target: PolicyTarget): boolean {
  const attribute = TARGET_ATTRIBUTE.exec(check.match)?.[1];
  const right = attribute === undefined ? check.match : targetValue(target, attribute);
  const left = check.literal ? check.kind : callerValue(caller, check.kind);
  return left !== undefined && right !== undefined && left === right;
}

function targetValue(target: PolicyTarget, name: string): string | undefined {
  if (name === 'project_id' || name === 'target.project.id') return target.project_id;
  return name === 'user_id' || name === 'target.user.id' ? target.user_id : undefined;
}

function callerValue(caller: Caller, name: string): string | undefined {
  if (name === 'project_id') return caller.projectId;
  return name === 'user_id' ? caller.userId : undefined;
}

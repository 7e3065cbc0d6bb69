import type { Caller } from '../../domain/caller.ts';
import { RewindError } from '../../domain/errors.ts';
import type { Log } from '../../ports/system.ts';
import { checkRule, type PolicyTarget, unknownBelowNot } from './check-rule.ts';
import { type Check, parseRule, type RuleText } from './parse-rule.ts';
import { RULES, type Rule } from './rules.ts';

export interface Policy {
  allows(rule: Rule, caller: Caller, target: PolicyTarget): boolean;
  /** Rejects with `vm-backup.forbidden` (403). */
  enforce(rule: Rule, caller: Caller, target: PolicyTarget): void;
}

export interface PolicyDeps {
  /** The operator's present overrides; asked for at each decision, so this must be cheap. */
  overrides(): { version: string; rules: Record<string, RuleText> };
  log: Log;
}

/**
 * Decides by the table and the operator's overrides. Overrides that cannot be understood keep the process from starting
 * (`policy.invalid`); later, the last good ones stay in force and the log says so once.
 */
export function createPolicy(deps: PolicyDeps): Policy {
  const first = deps.overrides();
  let rules = compile(first.rules);
  let version = first.version;
  let complained = false;

  const current = (): ReadonlyMap<string, Check> => {
    try {
      const overrides = deps.overrides();
      if (overrides.version !== version) {
        version = overrides.version;
        rules = compile(overrides.rules);
        deps.log.info('policy read again', { version });
      }
      complained = false;
    } catch (error) {
      if (!complained) deps.log.error('policy file is wrong; the rules before it stay in force', { err: error });
      complained = true;
    }
    return rules;
  };

  const allows: Policy['allows'] = (rule, caller, target) => {
    const now = current();
    const check = now.get(rule);
    return check !== undefined && checkRule(check, caller, target, now);
  };
  return {
    allows,
    enforce(rule, caller, target) {
      if (!allows(rule, caller, target)) throw forbidden(rule);
    },
  };
}

export const forbidden = (rule: Rule): RewindError =>
  new RewindError('forbidden', `The policy does not allow this: ${rule}.`);

function compile(overrides: Record<string, RuleText>): ReadonlyMap<string, Check> {
  const known = new Set(RULES.map((rule) => rule.name as string));
  const checks = new Map(RULES.map((rule) => [rule.name as string, parseRule(rule.check)]));
  for (const [name, text] of Object.entries(overrides)) {
    if (name.startsWith('vm-backup:') && !known.has(name)) throw unknown(name);
    checks.set(name, parseRule(text));
  }
  const hasDefault = checks.has('default');
  for (const check of checks.values())
    for (const name of references(check)) if (!checks.has(name) && !hasDefault) throw unknown(name);
  const circle = inCircle(checks);
  if (circle !== undefined) throw circular(circle);
  for (const [name, check] of checks) {
    const attribute = unknownBelowNot(check, checks);
    if (attribute !== undefined) throw opened(name, attribute);
  }
  return checks;
}

const opened = (name: string, attribute: string): RewindError =>
  new RewindError(
    'policy.invalid',
    `The policy's rule ${name} has ${attribute.slice(0, 100)} below a \`not\`: Rewind does not know this attribute of a caller.`,
    { hint: 'Known are project_id, user_id and roles; write what is meant with these.' },
  );

/** A rule that refers back to itself: its meaning is undefined. */
function inCircle(checks: ReadonlyMap<string, Check>): string | undefined {
  const done = new Set<string>();
  const open = new Set<string>();
  const visit = (name: string): string | undefined => {
    if (done.has(name)) return undefined;
    if (open.has(name)) return name;
    open.add(name);
    const check = checks.get(name) ?? checks.get('default');
    for (const next of check ? references(check) : []) {
      const found = visit(checks.has(next) ? next : 'default');
      if (found !== undefined) return found;
    }
    open.delete(name);
    done.add(name);
    return undefined;
  };
  for (const name of checks.keys()) {
    const found = visit(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

const circular = (name: string): RewindError =>
  new RewindError('policy.invalid', `The policy's rule ${name} comes back to itself.`);

function references(check: Check): string[] {
  if (check.is === 'rule') return [check.name];
  if (check.is === 'not') return references(check.check);
  return check.is === 'and' || check.is === 'or' ? check.checks.flatMap(references) : [];
}

function unknown(name: string): RewindError {
  return new RewindError('policy.invalid', `The policy names a rule that does not exist: ${name}`);
}

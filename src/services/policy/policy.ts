import type { Caller } from '../../domain/caller.ts';
import { RewindError } from '../../domain/errors.ts';
import type { Log } from '../../ports/system.ts';
import { checkRule, type PolicyTarget } from './check-rule.ts';
import { type Check, parseRule } from './parse-rule.ts';
import { RULES, type Rule } from './rules.ts';

export interface Policy {
  allows(rule: Rule, caller: Caller, target: PolicyTarget): boolean;
  /** Rejects with `vm-backup.forbidden` (403). */
  enforce(rule: Rule, caller: Caller, target: PolicyTarget): void;
}

export interface PolicyDeps {
  /** The operator's overrides as they stand now; asked at each decision, so it must be cheap. */
  overrides(): { version: string; rules: Record<string, string> };
  log: Log;
}

/**
 * Decides by the table, overridden by the operator. Overrides that cannot be understood keep the process from
 * starting (`policy.invalid`); later, the last good ones stay in force and the log says so once.
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
  new RewindError('forbidden', `The policy does not allow this: ${rule}.`, { status: 403 });

function compile(overrides: Record<string, string>): ReadonlyMap<string, Check> {
  const known = new Set(RULES.map((rule) => rule.name as string));
  const checks = new Map(RULES.map((rule) => [rule.name as string, parseRule(rule.check)]));
  for (const [name, text] of Object.entries(overrides)) {
    if (name.startsWith('vm-backup:') && !known.has(name)) throw unknown(name);
    checks.set(name, parseRule(text));
  }
  for (const check of checks.values()) for (const name of references(check)) if (!checks.has(name)) throw unknown(name);
  return checks;
}

function references(check: Check): string[] {
  if (check.is === 'rule') return [check.name];
  if (check.is === 'not') return references(check.check);
  return check.is === 'and' || check.is === 'or' ? check.checks.flatMap(references) : [];
}

function unknown(name: string): RewindError {
  return new RewindError('policy.invalid', `The policy names a rule that does not exist: ${name}`, {
    fault: 'errored',
  });
}

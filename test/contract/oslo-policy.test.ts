import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkRule, type PolicyTarget } from '../../src/api/authorization/check-rule.ts';
import { type Check, parseRule, type RuleText } from '../../src/api/authorization/parse-rule.ts';
import { RULES } from '../../src/api/authorization/rules.ts';
import type { Caller } from '../../src/domain/caller.ts';
import { PROJECT_ROOT } from '../world/lab/lab.ts';
import { rounds, seed } from '../world/sampling.ts';

/** The judge is oslo.policy itself, as Debian packages it: operators write rules for all their services in its language. */
const PYTHON = '/usr/bin/python3';
const there = spawnSync(PYTHON, ['-c', 'import oslo_policy']).status === 0;
const CASES = rounds(200, 3_000);

interface Case {
  rules: Record<string, RuleText>;
  creds: { user_id: string; project_id: string; roles: string[] };
  target: PolicyTarget;
}

const NAMES = ['asked', 'a', 'b'];
const some = (...words: string[]) => fc.constantFrom(...words);
const id = some('p1', 'p2', 'u1', 'admin', 'member');
/** What Python's `%` makes of it is part of the language. */
const match = fc.oneof(
  some('%(project_id)s', '%(user_id)s', '%(gone)s', 'p1', 'admin', "'p1'", '"p1"', '%%'),
  fc
    .tuple(some('', 'p', 'x-', '%%'), some('%(project_id)s', '%(user_id)s'), some('', '1', '%(gone)s', '%(user_id)s'))
    .map((parts) => parts.join('')),
);
const KINDS = [
  'project_id',
  'user_id',
  'roles',
  'domain_id',
  'unknown',
  'a.b',
  'is_admin',
  'True',
  'None',
  '1',
  "'p1'",
  '"admin"',
  "'x'",
];
const leaf = fc.oneof(
  some('admin', 'Admin', 'MEMBER', 'reader', 'nobody').map((role) => `role:${role}`),
  match.map((name) => `role:${name}`),
  some(...NAMES, 'missing', '%(project_id)s').map((rule) => `rule:${rule}`),
  fc
    .tuple(some(...KINDS), match)
    .map((both) => both.join(':'))
    // A word that begins and ends with the same quote is a string to them, and the whole rule never holds: refused here.
    .filter((text) => !/^(['"]).*\1$/.test(text)),
  some('@', '!'),
);
const rule = fc.letrec<{ or: string; and: string; one: string }>((tie) => ({
  or: fc
    .array(tie('and'), { minLength: 1, maxLength: 3 })
    .chain((all) => some(' or ', ' OR ', '\tor\n').map((by) => all.join(by))),
  and: fc
    .array(tie('one'), { minLength: 1, maxLength: 3 })
    .chain((all) => some(' and ', '  AND ').map((by) => all.join(by))),
  one: fc.oneof(
    { maxDepth: 4 },
    leaf,
    tie('or').map((inner) => `(${inner})`),
    tie('one').map((inner) => `not ${inner}`),
    tie('or').map((inner) => `not (${inner})`),
    tie('or').map((inner) => `Not (( ${inner} ) )`),
  ),
})).or;
const lists = fc.array(fc.oneof(leaf, fc.array(leaf, { maxLength: 3 })), { maxLength: 3 });
const anyCase: fc.Arbitrary<Case> = fc.record({
  rules: fc.record(
    {
      asked: fc.oneof({ weight: 4, arbitrary: rule }, { weight: 1, arbitrary: lists }),
      a: leaf.filter(noRule),
      b: fc.oneof(rule.filter(noRule), lists.filter(noRule), fc.constant('')),
      // In the place of rules that are not there.
      default: rule.filter(noRule),
    },
    { requiredKeys: ['asked', 'a', 'b'] },
  ) as fc.Arbitrary<Case['rules']>,
  creds: fc.record({
    ...{ user_id: id, project_id: id },
    roles: fc.uniqueArray(some('admin', 'member', 'Reader'), { maxLength: 3 }),
  }),
  target: fc.record({ project_id: id, user_id: id }, { requiredKeys: [] }),
});
/** Rules that name each other in a circle end both here and there, but not alike. */
function noRule(rule: RuleText): boolean {
  return !JSON.stringify(rule).includes('rule:');
}

function judged(cases: readonly Case[]): (boolean | null)[] {
  const child = spawnSync(PYTHON, ['-W', 'ignore', join(PROJECT_ROOT, 'test/world/oslo_policy_judge.py')], {
    input: JSON.stringify(cases),
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
    maxBuffer: 64 * 1024 ** 2,
  });
  if (child.status !== 0) throw new Error(child.stderr.toString());
  return JSON.parse(child.stdout.toString()) as (boolean | null)[];
}

function ours({ rules, creds, target }: Case): boolean {
  const { user_id: userId, project_id: projectId, roles } = creds;
  const caller = { userId, projectId, roles, methods: [], requestId: '', globalRequestId: null, token: '' } as Caller;
  const checks = new Map<string, Check>(Object.entries(rules).map(([name, text]) => [name, parseRule(text)]));
  return checkRule(checks.get('asked') as Check, caller, target, checks);
}

const judge = there ? test : test.skip;

judge(
  'generated rules are decided as oslo.policy decides them',
  () => {
    const cases = fc.sample(
      anyCase.filter(({ rules }) => !JSON.stringify(rules.asked).includes('rule:asked')),
      { numRuns: CASES, seed },
    );
    const theirs = judged(cases);
    const differ = cases.flatMap((one, n) =>
      ours(one) === theirs[n] ? [] : [{ ...one, ours: ours(one), theirs: theirs[n] }],
    );
    expect(differ.slice(0, 5)).toEqual([]);
    expect(new Set(theirs)).toEqual(new Set([true, false]));
  },
  120_000,
);

judge(
  'so are our own rules',
  () => {
    const rules = Object.fromEntries(RULES.map(({ name, check }) => [name, check]));
    const cases = RULES.flatMap(({ check }) =>
      ['admin', 'member', 'reader', 'none'].flatMap((role) =>
        ['p1', 'p2'].map((project_id): Case => {
          const creds = { user_id: 'u1', project_id: 'p1', roles: [role] };
          return { rules: { ...rules, asked: check }, creds, target: { project_id, user_id: 'u1' } };
        }),
      ),
    );
    expect(cases.map(ours)).toEqual(judged(cases));
  },
  60_000,
);

import { RULES } from '../../src/api/authorization/rules.ts';

const HEAD = `# Who may do what. This file shows every rule with its default; take the # away to override one.
# Language: role:x  rule:x  attribute:%(attribute_of_the_target)s  'literal':…  and or not ( )  @ (always)  ! (never)
# Read again when it changes. A rule that cannot be understood leaves the ones before it in force, and the log says so.
`;

/** The text of config/policy.yaml, made from the table. */
export function samplePolicy(): string {
  const entries = RULES.map((rule) => {
    const calls = rule.operations.map((call) => `# ${call.method} ${call.path}`);
    return [`# ${rule.description}`, ...calls, `#"${rule.name}": "${rule.check}"\n`].join('\n');
  });
  return [HEAD, ...entries].join('\n');
}

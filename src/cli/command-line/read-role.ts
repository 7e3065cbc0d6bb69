/** Each is a process that runs until SIGTERM. */
export const ROLES = {
  api: 'answers tenants and operators over HTTP; holds no key of Ceph',
  worker: 'carries out operations, beside Ceph and the targets',
  agent: 'on a compute host: holds its servers still for points of one instant',
  gateway: 'serves disks of backups while they are restored instantly',
  all: 'worker, agent and API in one process, for one host and one user',
} as const;

export type Role = keyof typeof ROLES;

/** What the program was asked for. `text`: print this; `refused`: not understood, with the right form. */
export type Asked =
  | { kind: 'role'; role: Role }
  | { kind: 'admin'; args: readonly string[] }
  | { kind: 'text' | 'refused'; text: string };

const OVERVIEW = `usage: rewind ROLE
       rewind admin COMMAND …    the operator's shell; rewind admin --help tells its commands
       rewind version [--json]

roles, each a process that runs until SIGTERM:
${Object.entries(ROLES)
  .map(([role, does]) => `  ${role.padEnd(11)}${does}`)
  .join('\n')}

rewind help ROLE and rewind help admin COMMAND tell more of one.
`;

/** Unknown words are refused, never ignored. */
export function readRole([first, ...rest]: readonly string[], release: string): Asked {
  if (first === 'admin') return { kind: 'admin', args: rest };
  if (first === 'help') return helpOf(rest);
  if (isHelp(first) && rest.length === 0) return { kind: 'text', text: OVERVIEW };
  if (first === 'version' || first === '--version') return versionOf(rest, release);
  if (!isRole(first)) return refused(first === undefined ? [] : [first]);
  if (rest.length === 0) return { kind: 'role', role: first };
  return rest.length === 1 && isHelp(rest[0]) ? { kind: 'text', text: roleText(first) } : refused(rest);
}

function helpOf([about, ...more]: readonly string[]): Asked {
  if (about === undefined) return { kind: 'text', text: OVERVIEW };
  if (about === 'admin') return { kind: 'admin', args: ['help', ...more] };
  if (more.length > 0) return refused(more);
  if (isRole(about)) return { kind: 'text', text: roleText(about) };
  return about === 'version' ? { kind: 'text', text: VERSION } : refused([about]);
}

function versionOf(rest: readonly string[], release: string): Asked {
  if (rest.length === 0) return { kind: 'text', text: `${release}\n` };
  if (rest.length > 1 || (rest[0] !== '--json' && !isHelp(rest[0]))) return refused(rest);
  return { kind: 'text', text: rest[0] === '--json' ? `${JSON.stringify({ version: release })}\n` : VERSION };
}

const VERSION = 'usage: rewind version [--json]\n\nthis release\n';

const roleText = (role: Role): string => `usage: rewind ${role}

${ROLES[role]}

It takes no arguments. Its settings are those of config/default.yaml; others come from the file that REWIND_CONFIG names, and from
REWIND_<SECTION>_<KEY>, before it. Secrets: REWIND_<SECTION>_<KEY>_FILE.
`;

const refused = ([first]: readonly string[]): Asked => ({
  kind: 'refused',
  text: first === undefined ? OVERVIEW : `${first} is not understood.\n${OVERVIEW}`,
});

const isHelp = (word: string | undefined): boolean => word === '--help' || word === '-h';

const isRole = (word: string | undefined): word is Role => word !== undefined && Object.hasOwn(ROLES, word);

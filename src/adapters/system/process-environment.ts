/**
 * The variables that a child may inherit. Others are kept away: CEPH_ARGS would add arguments to every `rbd`,
 * LD_PRELOAD code to every program, and secrets of the service have no business in a child.
 */
const ALLOWED = ['PATH', 'LANG', 'HOME'] as const;
/** Messages of programs are parsed, so they must come in one language. */
const OURS = /^(C|POSIX)(\.|$)/;
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function childEnvironment(from: Record<string, string | undefined>): Record<string, string> {
  const environment: Record<string, string> = { PATH: DEFAULT_PATH, LANG: 'C.UTF-8' };
  for (const name of ALLOWED) {
    const value = from[name];
    if (value !== undefined && (name !== 'LANG' || OURS.test(value))) environment[name] = value;
  }
  return environment;
}

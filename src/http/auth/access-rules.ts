import type { TokenInfo } from '../../ports/openstack.ts';

const MAX_PATTERN_LENGTH = 1_024;
const PART = /\{[^}]*\}|\*\*|\*|[^{}*]+/g;

/**
 * Whether an application credential's access rules allow a request (keystonemiddleware `validate_allowed_request`).
 * `paths`: the same resource with and without the prefix that a proxy may have taken off. Null rules: unrestricted;
 * an empty list allows nothing. Our service must be in the token's catalogue.
 */
export function allowedByAccessRules(
  token: Pick<TokenInfo, 'accessRules' | 'catalogTypes'>,
  request: { method: string; paths: readonly string[] },
  serviceType: string,
): boolean {
  if (token.accessRules === null) return true;
  if (!token.catalogTypes.includes(serviceType)) return false;
  return token.accessRules.some(
    (rule) =>
      rule.method === request.method &&
      rule.service === serviceType &&
      request.paths.some((path) => pathMatches(path, rule.path)),
  );
}

/** `{x}` and `*` are one segment, `**` is anything. */
export function pathMatches(path: string, pattern: string): boolean {
  if (pattern.length > MAX_PATTERN_LENGTH) return false;
  const parts = pattern.match(PART) ?? [];
  // '**' next to another is the same as one, and must not multiply the ways to match
  const merged = parts.filter((part, index) => part !== '**' || parts[index - 1] !== '**');
  if (merged.filter((part) => part === '**').length > MAX_DEEP_WILDCARDS) return false;
  const source = merged.map((part) => {
    if (part === '**') return '.*';
    return part === '*' || part.startsWith('{') ? '[^/]+' : RegExp.escape(part);
  });
  return new RegExp(`^${source.join('')}$`, 's').test(path);
}

const MAX_DEEP_WILDCARDS = 4;

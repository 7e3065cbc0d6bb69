import { MAX_ACCESS_RULE_STEPS, MAX_RESTRICTED_PATH } from '../../api/calls/http-settings.ts';
import type { TokenInfo } from '../../ports/openstack.ts';

const MAX_PATTERN_LENGTH = 1_024;
const PART = /\{[^}]*\}|\*\*|\*|[^{}*]/gs;

/**
 * Whether an application credential's access rules allow a request (keystonemiddleware `validate_allowed_request`).
 * `paths`: the same resource with and without the prefix that a proxy may have removed. Null rules: unrestricted; an
 * empty list allows nothing. Our service must be in the token's catalogue. Tenants write the rules, so all of them
 * together take at most `MAX_ACCESS_RULE_STEPS`; a request that would take more is not allowed.
 */
export function allowedByAccessRules(
  token: Pick<TokenInfo, 'accessRules' | 'catalogTypes'>,
  request: { method: string; paths: readonly string[] },
  serviceType: string,
): boolean {
  if (token.accessRules === null) return true;
  if (!token.catalogTypes.includes(serviceType)) return false;
  let left = MAX_ACCESS_RULE_STEPS;
  for (const rule of token.accessRules) {
    if (rule.method !== request.method || rule.service !== serviceType) continue;
    for (const path of request.paths) {
      left -= (path.length + 1) * (rule.path.length + 1);
      if (left < 0) return false;
      if (pathMatches(path, rule.path)) return true;
    }
  }
  return false;
}

/** A part that matches only itself, or a run of characters: within one segment, or across segments. */
type Part = { text: string } | 'segment' | 'anything';

/**
 * `{x}` and `*` are one or more characters of one segment; `**` is anything, also nothing; braces without a partner are
 * left out. The time depends only on the length of path times pattern, whatever is in them: for each part of the
 * pattern, the positions of the path at which it may begin are tracked. Paths longer than any of ours match nothing.
 */
export function pathMatches(path: string, pattern: string): boolean {
  if (pattern.length > MAX_PATTERN_LENGTH || path.length > MAX_RESTRICTED_PATH) return false;
  let places: Uint8Array = new Uint8Array(path.length + 1);
  places[0] = 1;
  for (const part of partsOf(pattern)) {
    places = after(path, places, part);
    if (!places.includes(1)) return false;
  }
  return places[path.length] === 1;
}

function partsOf(pattern: string): Part[] {
  return (pattern.match(PART) ?? []).map((text) => {
    if (text === '**') return 'anything';
    return text === '*' || text.length > 1 ? 'segment' : { text };
  });
}

/** The positions of the path after the part has matched from any of the given ones. */
function after(path: string, places: Uint8Array, part: Part): Uint8Array {
  const next = new Uint8Array(path.length + 1);
  if (part === 'anything') return next.fill(1, places.indexOf(1));
  for (let at = 0; at < path.length; at++) {
    if (part === 'segment') next[at + 1] = path[at] !== '/' && (places[at] === 1 || next[at] === 1) ? 1 : 0;
    else next[at + 1] = places[at] === 1 && path[at] === part.text ? 1 : 0;
  }
  return next;
}

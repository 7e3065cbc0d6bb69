import { createHash } from 'node:crypto';
import { MAX_CACHED_TOKENS } from '../../api/calls/http-settings.ts';
import { BoundedMap } from '../../domain/bounded-map.ts';
import type { TokenInfo } from '../../ports/openstack.ts';
import type { Clock } from '../../ports/system.ts';

export interface TokenCache {
  get(token: string): TokenInfo | undefined;
  put(token: string, info: TokenInfo): void;
  readonly size: number;
}

interface Entry {
  info: TokenInfo;
  /** Monotonic ms. */
  until: number;
}

/**
 * Validated tokens, by the hash of the token: a memory dump contains none. The least recently used leaves first.
 * Refused tokens are not kept, so that a flood of them pushes nothing out. A revoked token is believed until its entry
 * ends.
 */
export function createTokenCache(clock: Clock, ttlSeconds: number, maxEntries = MAX_CACHED_TOKENS): TokenCache {
  const entries = new BoundedMap<string, Entry>(maxEntries);
  return {
    get(token) {
      const key = keyOf(token);
      const entry = entries.get(key);
      if (!entry) return undefined;
      if (entry.until > clock.monotonic()) {
        entries.set(key, entry);
        return entry.info;
      }
      entries.delete(key);
      return undefined;
    },
    put(token, info) {
      const left = Math.min(ttlSeconds * 1_000, Date.parse(info.expiresAt) - clock.now());
      if (!(left > 0)) return;
      const key = keyOf(token);
      entries.set(key, { info, until: clock.monotonic() + left });
    },
    get size() {
      return entries.size;
    },
  };
}

const keyOf = (token: string): string => createHash('sha256').update(token).digest('base64');

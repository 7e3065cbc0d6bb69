import type { Catalog } from '../calls/endpoints.ts';
import type { HttpAnswer } from '../calls/http-client.ts';
import { list, object, text } from '../calls/read-json.ts';

/** keystoneauth renews with less than this left (MIN_TOKEN_LIFE_SECONDS). */
const MAX_MARGIN_MS = 120_000;
/** That margin would renew a short-lived token at every call: for those, this part of their life is enough. */
const MARGIN_PART = 1 / 4;
/** Assumed when Keystone does not say when it issued the token. */
const ASSUMED_LIFE_MS = 300_000;

/** A token of our own. Times are monotonic ms of our own clock: Keystone's wall clock may be ahead or behind. */
export interface Token {
  value: string;
  projectId: string;
  userId: string;
  /** Names of the roles. */
  roles: string[];
  catalog: Catalog;
  issuedAt: number;
  renewAt: number;
  expiresAt: number;
}

/** Reads the 201 of `POST /v3/auth/tokens`, requested at `askedAt`; undefined when it is not one. */
export function tokenFrom(answer: HttpAnswer, askedAt: number): Token | undefined {
  const value = answer.headers['x-subject-token'];
  const body = object(object(answer.json).token);
  const projectId = text(object(body.project).id);
  if (value === undefined || projectId === null) return undefined;
  const life = lifeMs(body.issued_at, body.expires_at);
  return {
    value,
    projectId,
    userId: text(object(body.user).id) ?? '',
    roles: list(body.roles).flatMap((role) => text(role.name) ?? []),
    catalog: list(body.catalog).map((entry) => ({ type: text(entry.type) ?? '', endpoints: entry.endpoints })),
    issuedAt: askedAt,
    renewAt: askedAt + life - Math.min(MAX_MARGIN_MS, life * MARGIN_PART),
    expiresAt: askedAt + life,
  };
}

function lifeMs(issuedAt: unknown, expiresAt: unknown): number {
  const life = Date.parse(text(expiresAt) ?? '') - Date.parse(text(issuedAt) ?? '');
  return life > 0 ? life : ASSUMED_LIFE_MS;
}

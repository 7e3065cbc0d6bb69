import type { Catalog } from '../calls/endpoints.ts';
import type { Asker } from '../calls/openstack-errors.ts';
import type { Session } from './session.ts';

/**
 * A 401 for a caller may be about our service token, but mostly it is about the caller's: a tenant with a bad token
 * must not make us ask Keystone for a new one at every request.
 */
const MIN_AGE_OF_BLAMED_SERVICE_TOKEN_MS = 30_000;

/** The tokens and endpoints with which a call is made. */
export interface Auth {
  asker: Asker;
  current(): Promise<Credentials>;
  /** A service answered 401 to these: the next `current()` returns better ones, if there are any. */
  refused(credentials: Credentials): void;
}

export interface Credentials {
  headers: Record<string, string>;
  projectId: string;
  catalog: Catalog;
}

/** The service user in the session's project. */
export function sessionAuth(session: Session): Auth {
  return {
    asker: 'rewind',
    async current() {
      const token = await session.token();
      return { headers: { 'X-Auth-Token': token.value }, projectId: token.projectId, catalog: token.catalog };
    },
    refused: ({ headers }) => session.invalidate(headers['X-Auth-Token'] ?? ''),
  };
}

/**
 * The caller's own token, with ours beside it as the service token: then services accept it even when it expires
 * meanwhile, and believe that a service asks. The endpoints are those of *our* catalogue.
 */
export function callerAuth(token: string, projectId: string, session: Session): Auth {
  return {
    asker: 'caller',
    async current() {
      const own = await session.token();
      return { headers: { 'X-Auth-Token': token, 'X-Service-Token': own.value }, projectId, catalog: own.catalog };
    },
    refused: ({ headers }) => session.invalidate(headers['X-Service-Token'] ?? '', MIN_AGE_OF_BLAMED_SERVICE_TOKEN_MS),
  };
}

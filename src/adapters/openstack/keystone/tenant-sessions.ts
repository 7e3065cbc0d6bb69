import { BoundedMap } from '../../../domain/bounded-map.ts';
import { hasCode, RewindError } from '../../../domain/errors.ts';
import { Session, type SessionParts } from './session.ts';

/** Number of projects whose tokens are kept; the least recently used goes first. */
const MAX_SESSIONS = 256;

/** The service user's sessions in the projects of tenants, through the role that it inherits there. */
export function tenantSessions(admin: Session, parts: SessionParts): (projectId: string) => Session {
  const sessions = new BoundedMap<string, Session>(MAX_SESSIONS);
  return (projectId) => {
    const session = sessions.get(projectId) ?? newSession(projectId, admin, parts);
    sessions.set(projectId, session);
    return session;
  };
}

function newSession(projectId: string, admin: Session, parts: SessionParts): Session {
  return new Session({ projectId }, parts, async (refused) => {
    // Keystone answers 401 both for a wrong password and for a missing role. The admin session tells which it is.
    try {
      await admin.renew();
    } catch (error) {
      if (hasCode(error, 'openstack.unauthorized')) return error as RewindError;
      throw error;
    }
    return noRole(refused);
  });
}

function noRole(refused: RewindError): RewindError {
  return new RewindError('openstack.no-role-in-project', 'Rewind may not act in this project.', {
    hint:
      'The operator must check that the project is enabled and assign the service user the role member there, ' +
      'best inherited from the domain: openstack role add --inherited --domain … --user … member.',
    cause: refused.cause,
  });
}

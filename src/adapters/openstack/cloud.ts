import { RewindError } from '../../domain/errors.ts';
import type { Delegations } from '../../ports/delegations.ts';
import type { Cloud, Hands, Identity } from '../../ports/openstack.ts';
import type { Projects } from '../../ports/projects.ts';
import type { Clock, Log } from '../../ports/system.ts';
import { createHttp } from './calls/http-client.ts';
import type { CloudConfig } from './calls/openstack-config.ts';
import { readEnvironment } from './calls/openstack-environment.ts';
import { type ClientParts, serviceClient } from './calls/service-client.ts';
import { blockStorageClient } from './cinder/block-storage.ts';
import { imageClient } from './image.ts';
import { type Auth, callerAuth, sessionAuth } from './keystone/auth.ts';
import { identityClient, isTokenLike } from './keystone/identity.ts';
import { projectsClient } from './keystone/keystone-projects.ts';
import { Session, type SessionParts } from './keystone/session.ts';
import { tenantSessions } from './keystone/tenant-sessions.ts';
import { delegationsClient } from './keystone/trusts.ts';
import { networkClient } from './network.ts';
import { networkingClient } from './networking.ts';
import { computeClient } from './nova/compute.ts';
import { type ComputeVersions, computeVersions } from './nova/compute-versions.ts';
import { serverMakingClient } from './nova/make-server.ts';
import { offeringsClient } from './offerings.ts';

/** One region of a cloud. Nothing is asked of it before the first call. */
export interface OpenStack extends Cloud {
  identity: Identity;
  delegations: Delegations;
  projects: Projects;
  /** The same cloud, including its sessions, whose calls carry this `req-<uuid>` as the global request id. */
  withRequestId(globalRequestId: string | null): Cloud;
  /** Closes idle connections. */
  close(): void;
}

/** Reads `caFile` at once, and throws when it cannot; does nothing else yet. */
export function createOpenStack(config: CloudConfig, { clock, log }: { clock: Clock; log: Log }): OpenStack {
  const http = createHttp(config, clock, log);
  const parts: SessionParts = { config, http, clock };
  const { projectName, projectDomainName } = config;
  const adminSession = new Session({ projectName, projectDomainName }, parts);
  const tenantSession = tenantSessions(adminSession, parts);
  const admin = sessionAuth(adminSession);
  const quiet: ClientParts = { ...parts, globalRequestId: null };
  const versions = computeVersions(serviceClient('compute', admin, quiet), clock);

  const withRequestId = (globalRequestId: string | null): Cloud => {
    const clientParts: ClientParts = { ...parts, globalRequestId };
    const hands = (auth: Auth) => handsOf(auth, clientParts, versions);
    return {
      admin: hands(admin),
      tenant: (projectId) => hands(sessionAuth(tenantSession(projectId))),
      caller: (token, projectId) => hands(callerAuth(headerSafe(token), projectId, adminSession)),
      environment: (server) =>
        readEnvironment(server, {
          compute: serviceClient('compute', admin, clientParts),
          image: imageClient(serviceClient('image', admin, clientParts)),
          network: networkClient(serviceClient('network', admin, clientParts)),
          membersNetwork: networkClient(
            serviceClient('network', sessionAuth(tenantSession(server.projectId)), clientParts),
          ),
          versions,
          log,
        }),
    };
  };
  return {
    ...withRequestId(null),
    withRequestId,
    identity: identityClient(adminSession, parts),
    delegations: delegationsClient(adminSession, tenantSession, parts),
    projects: projectsClient(adminSession, parts),
    close: () => http.close(),
  };
}

function handsOf(auth: Auth, parts: ClientParts, versions: ComputeVersions): Hands {
  const compute = serviceClient('compute', auth, parts);
  const blockStorage = serviceClient('block-storage', auth, parts);
  const image = serviceClient('image', auth, parts);
  return {
    compute: computeClient(compute, versions),
    blockStorage: blockStorageClient(blockStorage),
    making: serverMakingClient(compute, versions),
    network: networkingClient(serviceClient('network', auth, parts)),
    offerings: offeringsClient({ compute, blockStorage, image, versions }),
  };
}

/** At a line break in a header, Node would throw an error of its own. */
function headerSafe(token: string): string {
  if (isTokenLike(token)) return token;
  throw new RewindError('openstack.unauthorized', 'The token is malformed.');
}

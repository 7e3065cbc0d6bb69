import { hasCode } from '../../../domain/errors.ts';
import type { Clock } from '../../../ports/system.ts';
import type { Auth, Credentials } from '../keystone/auth.ts';
import { serviceUrl } from './endpoints.ts';
import type { Http, HttpAnswer, HttpRequest } from './http-client.ts';
import type { CloudConfig, ServiceName } from './openstack-config.ts';
import { answerError, notFound, unavailable } from './openstack-errors.ts';
import type { JsonObject } from './read-json.ts';
import { sendPatiently } from './retry-call.ts';

/** UUIDs, hex ids of projects, and the few names that occur in paths; `..` or anything with a slash is not an id. */
const PATH_PART = /^[A-Za-z0-9_][A-Za-z0-9_.:@ -]{0,254}$/;
const GLOBAL_REQUEST_ID = /^req-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface Call {
  method: HttpRequest['method'];
  /** Parts of the path after the service's versioned URL. */
  path: string[];
  query?: Record<string, string | string[]>;
  body?: unknown;
  /** As in the header: `compute 2.79`. */
  microversion?: string;
}

/** One service, with one identity. Errors: `openstack.*`, see the ports. */
export interface ServiceClient {
  /** The JSON body of a 2xx. */
  read(call: Call): Promise<JsonObject>;
  /** Like `read`, but undefined for 404. */
  find(call: Call): Promise<JsonObject | undefined>;
  /** For requests whose answer's body does not matter. */
  act(call: Call): Promise<void>;
  projectId(): Promise<string>;
}

export interface ClientParts {
  config: CloudConfig;
  http: Http;
  clock: Clock;
  /** Sent with every call, so that one id can be found in all logs. Anything that is not `req-<uuid>` is dropped. */
  globalRequestId: string | null;
}

export function serviceClient(service: ServiceName, auth: Auth, parts: ClientParts): ServiceClient {
  const send = async (call: Call): Promise<HttpAnswer> => {
    const credentials = await auth.current();
    const answer = await sendWith(credentials, call);
    if (answer.status !== 401) return checked(answer);
    // Once: if the second token is not accepted either, a third will not be.
    auth.refused(credentials);
    return checked(await sendWith(await auth.current(), call));
  };
  const sendWith = ({ catalog, projectId, headers }: Credentials, call: Call): Promise<HttpAnswer> => {
    const base = serviceUrl(service, catalog, pathPart(service, projectId), parts.config);
    const request = requestFor(service, base, call, { ...headers, ...tracing(parts.globalRequestId) });
    return sendPatiently(parts.http, parts.clock, request);
  };
  const checked = (answer: HttpAnswer): HttpAnswer => {
    if (answer.status < 200 || answer.status > 299) throw answerError(service, answer, auth.asker);
    return answer;
  };

  return {
    read: async (call) => json(service, await send(call)),
    find: async (call) => {
      try {
        return json(service, await send(call));
      } catch (error) {
        if (hasCode(error, 'openstack.not-found')) return undefined;
        throw error;
      }
    },
    act: async (call) => {
      await send(call);
    },
    projectId: async () => (await auth.current()).projectId,
  };
}

function requestFor(service: ServiceName, base: string, call: Call, headers: Record<string, string>): HttpRequest {
  const path = call.path.map((part) => `/${pathPart(service, part)}`).join('');
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {}))
    for (const one of [value].flat()) query.append(name, one);
  return {
    service,
    method: call.method,
    url: `${base}${path === '' ? '/' : path}${query.size === 0 ? '' : `?${query}`}`,
    headers: {
      ...headers,
      ...(call.microversion === undefined ? {} : { 'OpenStack-API-Version': call.microversion }),
    },
    ...(call.body === undefined ? {} : { body: call.body }),
  };
}

/** A service has nothing under an impossible id, so it is not even asked. */
function pathPart(service: ServiceName, part: string): string {
  if (!PATH_PART.test(part)) throw notFound(service);
  return encodeURIComponent(part);
}

const tracing = (id: string | null): Record<string, string> =>
  id !== null && GLOBAL_REQUEST_ID.test(id) ? { 'X-OpenStack-Request-ID': id } : {};

function json(service: ServiceName, answer: HttpAnswer): JsonObject {
  if (typeof answer.json === 'object' && answer.json !== null) return answer.json as JsonObject;
  throw unavailable(service, new Error(`${answer.call}: ${answer.status} without JSON`), 'gave no usable answer');
}

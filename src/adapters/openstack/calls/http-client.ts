import { readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import axios, { type AxiosInstance } from 'axios';
import type { Clock, Log } from '../../../ports/system.ts';
import { type CloudConfig, DEFAULT_TIMEOUT_MS, type ServiceName } from './openstack-config.ts';

const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const MAX_SOCKETS_PER_HOST = 32;

export interface HttpRequest {
  service: ServiceName;
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: string;
  headers: Record<string, string>;
  body?: unknown;
}

export interface HttpAnswer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  text: string;
  /** Undefined when the body is not JSON. */
  json: unknown;
  /** The service's own request id. */
  requestId: string | null;
  /** The request, for logs: method, service, path without its query. */
  call: string;
}

/**
 * The reason why there is no answer. A new error is made, because axios' own errors contain the headers, and so the
 * token.
 */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  /** Node's or axios' code: ECONNREFUSED, ECONNRESET, ETIMEDOUT, … */
  readonly code: string;
  constructor(call: string, code: string, message: string) {
    super(`${call}: ${code} ${message}`);
    this.code = code;
  }
}

export interface Http {
  /** One attempt. Resolves with any status; rejects only with NoAnswer. */
  send(request: HttpRequest): Promise<HttpAnswer>;
  close(): void;
}

/**
 * Redirects are never followed and proxies of the environment are never used: both would carry the token to a host that
 * neither the configuration nor the catalogue named.
 */
export function createHttp(config: CloudConfig, clock: Clock, log: Log): Http {
  const timeoutMs = config.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const tls = {
    rejectUnauthorized: config.insecure !== true,
    ...(config.caFile === undefined ? {} : { ca: readFileSync(config.caFile) }),
  };
  const kept = agents({ keepAlive: true, maxSockets: MAX_SOCKETS_PER_HOST }, tls);
  // An idle connection may be closed just when a POST goes out on it, and then it is unknown whether it was carried
  // out: so a request that changes something gets a connection of its own.
  const fresh = agents({ keepAlive: false, maxSockets: MAX_SOCKETS_PER_HOST }, tls);
  const client = createAxios();

  return {
    async send(request) {
      const call = `${request.method} ${request.service} ${new URL(request.url).pathname}`;
      const begun = clock.monotonic();
      try {
        const answer = await attempt(client, request, request.method === 'GET' ? kept : fresh, timeoutMs, call);
        const ms = Math.round(clock.monotonic() - begun);
        log.debug('openstack call', { call, status: answer.status, ms, upstream_request_id: answer.requestId });
        return answer;
      } catch (error) {
        const failure = noAnswer(call, error, timeoutMs);
        log.debug('openstack call', { call, failure: failure.code, ms: Math.round(clock.monotonic() - begun) });
        throw failure;
      }
    },
    close() {
      for (const agent of [...Object.values(kept), ...Object.values(fresh)]) agent.destroy();
    },
  };
}

type Agents = { httpAgent: HttpAgent; httpsAgent: HttpsAgent };

const agents = (options: { keepAlive: boolean; maxSockets: number }, tls: object): Agents => ({
  httpAgent: new HttpAgent(options),
  httpsAgent: new HttpsAgent({ ...options, ...tls }),
});

function createAxios(): AxiosInstance {
  return axios.create({
    adapter: 'http',
    maxRedirects: 0,
    proxy: false,
    // Not compressed: the bound on the answer's length is then the bound on memory.
    decompress: false,
    maxContentLength: MAX_ANSWER_BYTES,
    responseType: 'text',
    transformRequest: [(data) => data],
    transformResponse: [(data) => data],
    validateStatus: () => true,
  });
}

async function attempt(
  client: AxiosInstance,
  request: HttpRequest,
  agentPair: Agents,
  timeoutMs: number,
  call: string,
): Promise<HttpAnswer> {
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  const response = await client.request({
    method: request.method,
    url: request.url,
    headers: {
      Accept: 'application/json',
      'Accept-Encoding': 'identity',
      'User-Agent': 'rewind',
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...request.headers,
    },
    data: body,
    ...agentPair,
    // A limit on the whole exchange: axios' own `timeout` starts again with each byte that arrives.
    signal: AbortSignal.timeout(timeoutMs),
  });
  const headers = Object.fromEntries(Object.entries(response.headers).map(([k, v]) => [k.toLowerCase(), String(v)]));
  const text = typeof response.data === 'string' ? response.data : '';
  const requestId = headers['x-openstack-request-id'] ?? headers['x-compute-request-id'] ?? null;
  return { status: response.status, headers, text, json: parse(text), requestId, call };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function noAnswer(call: string, error: unknown, timeoutMs: number): NoAnswer {
  if (axios.isCancel(error)) return new NoAnswer(call, 'ETIMEDOUT', `no answer within ${timeoutMs} ms`);
  const code = axios.isAxiosError(error) ? error.code : undefined;
  return new NoAnswer(call, code ?? 'EUNKNOWN', error instanceof Error ? error.message : 'unknown');
}

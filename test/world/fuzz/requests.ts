import { oddText, wildJson } from './odd-values.ts';
import type { Random } from './random.ts';
import { type Schema, schemaValue, type ValueSource } from './schema-value.ts';

interface Operation {
  parameters?: { name: string; in: string; schema?: Schema }[];
  requestBody?: { content: { 'application/json': { schema: Schema } } };
}

export interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

export interface RequestSource {
  document: OpenApi;
  tokens: readonly string[];
  ids: readonly string[];
}

/** Bytes of one request, and whether the connection can be used for another after it. */
export interface RawRequest {
  bytes: Buffer;
  head: boolean;
  /** It is not HTTP, or says less than the truth about its body: the connection is ended behind it. */
  broken: boolean;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'get'];

/** One after the other, as the numbers have it: most as the document says, with something odd; the others wild. */
export function nextRequest(random: Random, source: RequestSource): RawRequest {
  return random.chance(0.7) ? schemaRequest(random, source) : wildRequest(random, source);
}

function schemaRequest(random: Random, { document, tokens, ids }: RequestSource): RawRequest {
  const path = random.pick(Object.keys(document.paths));
  const methods = document.paths[path] ?? {};
  const method = random.pick(Object.keys(methods));
  const operation = methods[method] ?? {};
  const oddness = random.pick([0, 0.02, 0.2]);
  const resolve = (ref: string): Schema => document.components.schemas[ref.split('/').at(-1) ?? ''] ?? {};
  const values: ValueSource = { random, ids, resolve, oddness };
  const filled = path.replace(/\{\w+\}/g, () =>
    encodeURIComponent(random.chance(0.15) ? oddText(random).toWellFormed() : random.pick(ids)),
  );
  const query = queryOf(random, operation, values);
  const schema = operation.requestBody?.content['application/json'].schema;
  const body = schema && Buffer.from(JSON.stringify(schemaValue(schema, values)) ?? '');
  return whole(random, { method: method.toUpperCase(), target: filled + query, tokens, body });
}

function queryOf(random: Random, { parameters = [] }: Operation, values: ValueSource): string {
  const names = parameters.filter((one) => one.in === 'query').map((one) => one.name);
  const query = new URLSearchParams();
  for (let n = random.below(4); n > 0 && names.length > 0; n--) {
    const name = random.chance(0.05) ? oddText(random) : random.pick(names);
    const value = random.pick([
      () => oddText(random),
      () => random.pick(['1', 'true', 'available', '2026-06-02T00:00:00Z', 'created_at:desc', 'in:a,b', 'gt:5']),
      () => random.pick(values.ids),
      () => `${random.pick(['in:', 'nin:', 'gt:', 'lte:', 'neq:'])}${oddText(random)}`,
    ])();
    query.append(name, value);
  }
  return query.size === 0 ? '' : `?${query}`;
}

function wildRequest(random: Random, { document, tokens, ids }: RequestSource): RawRequest {
  const known = random.pick(Object.keys(document.paths)).replace(/\{\w+\}/g, () => random.pick(ids));
  const target = random.pick([
    () => known,
    () => `${known}?${oddText(random)}`,
    () => `/vm-backup${known}//../${encodeURIComponent(oddText(random).toWellFormed())}`,
    () => `http://[::1${known}`,
    () => `${known}${'/a'.repeat(random.below(3_000))}`,
    () => `${known}?${'name=a&'.repeat(random.below(900))}`,
    () => '*',
    () => `//${oddText(random)}`,
    () => `/${'%2f'.repeat(random.below(900))}`,
  ])();
  const body = random.chance(0.5)
    ? Buffer.from(wildJson(random), random.pick(['utf8', 'latin1', 'utf16le']))
    : undefined;
  return whole(random, { method: random.pick(METHODS), target, tokens, body });
}

function whole(
  random: Random,
  {
    method,
    target,
    tokens,
    body,
  }: { method: string; target: string; tokens: readonly string[]; body?: Buffer | undefined },
): RawRequest {
  const headers = [`Host: ${random.chance(0.95) ? 'api' : oddText(random)}`];
  headers.push(`X-Auth-Token: ${random.chance(0.9) ? random.pick(tokens) : oddText(random)}`);
  if (random.chance(0.2))
    headers.push(
      `OpenStack-API-Version: ${random.pick(['vm-backup 1.1', 'vm-backup latest', 'vm-backup 9.9', oddText(random)])}`,
    );
  if (random.chance(0.1)) headers.push(`${random.pick(ODD_HEADERS)}: ${oddText(random)}`);
  if (body) headers.push(`Content-Type: ${random.chance(0.95) ? 'application/json' : oddText(random)}`);
  const chunked = body !== undefined && random.chance(0.1);
  if (body) headers.push(chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`);
  const lies = random.chance(0.02);
  if (lies) headers.push(`Content-Length: ${random.pick(['-1', '99999999999', '5', 'x', '0'])}`);
  const head = `${method} ${target} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`;
  const sent =
    body === undefined
      ? []
      : chunked
        ? [Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]
        : [body];
  const bytes = Buffer.concat([Buffer.from(head, 'latin1'), ...sent]);
  // a head that is not plain may end anywhere: what follows it would be taken for another request
  return { bytes, head: method === 'HEAD', broken: lies || /[^ -~\r\n]/.test(head) || /\r\n\r\n./s.test(head) };
}

const ODD_HEADERS = [
  ...['X-Service-Token', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-OpenStack-Request-ID'],
  ...[
    'Accept',
    'Accept-Encoding',
    'Content-Encoding',
    'Origin',
    'Cookie',
    'Range',
    'If-None-Match',
    'Expect',
    'Upgrade',
  ],
  ...['X-Project-Id', 'X-Roles', 'X-HTTP-Method-Override', '__proto__', 'Connection', 'TE', 'Trailer'],
];

import { expect, test } from '@jest/globals';
import { routes } from '../../../src/api/route-table.ts';
import { apiWorld } from '../../world/api/api-world.ts';

type Json = Record<string, unknown>;
type Parameter = { in: string; name: string; required?: boolean; schema: Json };
type Operation = { operationId: string; parameters?: Parameter[]; requestBody?: Json; responses: Json };
interface Document extends Json {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
}

async function load(): Promise<Document> {
  const answer = await apiWorld().http.get('/v1/openapi.json');
  expect([answer.status, answer.type]).toEqual([200, 'application/json']);
  return answer.body;
}

const operations = (document: Document) =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );

test('lists every route and nothing else', async () => {
  const document = await load();
  const listed = operations(document).map(({ path, method }) => `${method} ${path}`);
  const open = ['get /', 'get /v1/', 'get /healthcheck', 'get /metrics', 'get /v1/openapi.json'];
  expect(listed.sort()).toEqual([...routes.map((route) => `${route.method} ${route.path}`), ...open].sort());
});

test('is a whole OpenAPI 3.1 document', async () => {
  const document = await load();
  expect(document.openapi).toBe('3.1.0');
  const ids = operations(document).map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { path, operation } of operations(document)) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((found) => found[1]);
    const declared = operation.parameters?.filter((one) => one.in === 'path') ?? [];
    expect(declared.map((one) => one.name)).toEqual(inPath);
    expect(declared.every((one) => one.required)).toBe(true);
    for (const response of Object.values(operation.responses)) expect(response).toHaveProperty('description');
  }
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((found) => found[1] as string);
  expect(references.length).toBeGreaterThan(5);
  for (const reference of references) {
    const target = reference.split('/').reduce<unknown>((node, key) => (node as Json | undefined)?.[key], document);
    expect([reference, target]).toEqual([reference, expect.any(Object)]);
  }
});

test('a body is described as it is checked: nothing unknown', async () => {
  const document = await load();
  const body = JSON.stringify(document.paths['/v1/backups']?.post?.requestBody);
  expect(body).toContain('"additionalProperties":false');
  expect(body).toContain('"required":["server_id"]');
  const verify = document.paths['/v1/backups/{backup_id}/verify']?.post?.requestBody;
  expect(verify?.required ?? false).toBe(false);
});

/** The words of a field: of `enum`, also where null is one more answer. */
function wordsOf(schema: Json | undefined): unknown[] | undefined {
  const choices = [schema, ...((schema?.anyOf as Json[] | undefined) ?? [])];
  return choices.flatMap((one) => (one?.enum as unknown[] | undefined) ?? []).filter((word) => word !== null);
}

test('lists can be filtered by exactly the words that they answer with', async () => {
  const document = await load();
  const found = (node: unknown): Json => {
    const reference = (node as Json).$ref as string | undefined;
    if (reference === undefined) return node as Json;
    return reference
      .slice(2)
      .split('/')
      .reduce<unknown>((at, key) => (at as Json)[key], document) as Json;
  };
  const compared: string[] = [];
  for (const { path, list } of routes) {
    const answer = document.paths[path]?.get?.responses['200'] as { content: Json } | undefined;
    if (!list || !answer) continue;
    const whole = found((answer.content['application/json'] as { schema: Json }).schema).properties as Json;
    const rows = Object.values(whole).find((one) => (one as Json).type === 'array' && (one as Json).items) as Json;
    const fields = found(rows.items).properties as Record<string, Json>;
    for (const [name, type] of Object.entries(list.fields)) {
      if (typeof type === 'string') continue;
      expect([path, name, [...type].sort(byUnits)]).toEqual([path, name, wordsOf(found(fields[name]))?.sort(byUnits)]);
      compared.push(`${path} ${name}`);
    }
  }
  expect(compared).toContain('/v1/restores mode');
  expect(compared.length).toBeGreaterThan(10);
});

const byUnits = (a: unknown, b: unknown): number => (String(a) < String(b) ? -1 : 1);

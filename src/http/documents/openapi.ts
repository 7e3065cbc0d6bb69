import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { errorSchema } from '../../api/calls/error-schema.ts';
import type { HttpSettings } from '../../api/calls/http-settings.ts';
import { MAX_VERSION } from '../../api/calls/http-settings.ts';
import type { ListSpec } from '../../api/calls/list/list-spec.ts';
import type { Route } from '../../api/calls/route.ts';
import { publicPaths } from './public-paths.ts';

/** OpenAPI 3.1, made from the schemas that check requests, so that the two cannot differ. */
export function openApiDocument(routes: readonly Route[], settings: HttpSettings): object {
  const paths: ZodOpenApiPathsObject = publicPaths();
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operation(route) };
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Rewind',
      version: MAX_VERSION,
      description: 'Backups and restores of whole servers whose disks lie on Ceph RBD.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: settings.publicUrl ?? (settings.pathPrefix || '/') }],
    security: [{ token: [] }],
    paths,
    components: { securitySchemes: { token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token' } } },
  });
}

function operation(route: Route): ZodOpenApiOperationObject {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map((found) => found[1] as string);
  const responses: ZodOpenApiOperationObject['responses'] = {
    default: { description: 'An error', content: { 'application/json': { schema: errorSchema } } },
  };
  for (const [status, schema] of Object.entries(route.answers))
    responses[status as '200'] = {
      description: status === '202' ? 'Begun; Location names what to watch' : 'Done',
      ...(status !== '204' && { content: { 'application/json': { schema } } }),
    };
  return {
    operationId: route.operationId,
    summary: route.summary,
    tags: [route.path.split('/')[2] ?? ''],
    requestParams: {
      header: z.object({
        'OpenStack-API-Version': z
          .string()
          .optional()
          .meta({ example: `vm-backup ${MAX_VERSION}` }),
      }),
      ...(names.length > 0 && {
        path: z.object(Object.fromEntries(names.map((name) => [name, z.string().meta({ format: 'uuid' })]))),
      }),
      ...(route.list && { query: querySchema(route.list) }),
      ...(route.query && {
        query: z.object(Object.fromEntries(route.query.map((name) => [name, z.string().optional()]))),
      }),
    },
    ...(route.body && {
      requestBody: {
        required: !route.body.safeParse(undefined).success,
        content: { 'application/json': { schema: route.body } },
      },
    }),
    responses,
  };
}

function querySchema(spec: ListSpec): z.ZodObject {
  const filter = z.string().optional().meta({ description: 'value, or in: nin: neq: gt: gte: lt: lte: and a value' });
  return z.object({
    limit: z.int().min(1).optional(),
    marker: z.string().optional().meta({ description: 'The last id of the page before' }),
    sort: z.string().optional().meta({ example: 'created_at:desc,name' }),
    with_count: z.boolean().optional(),
    all_projects: z.boolean().optional().meta({ description: 'Administrators only' }),
    'changes-since': z.string().optional().meta({ format: 'date-time' }),
    'changes-before': z.string().optional().meta({ format: 'date-time' }),
    ...Object.fromEntries(Object.keys(spec.fields).map((field) => [field, filter])),
  });
}

import { z } from 'zod';
import type { ZodOpenApiPathsObject, ZodOpenApiResponsesObject } from 'zod-openapi';

const version = z
  .object({
    id: z.string(),
    status: z.enum(['CURRENT', 'SUPPORTED', 'DEPRECATED', 'EXPERIMENTAL']),
    min_version: z.string(),
    max_version: z.string(),
    links: z.array(z.object({ rel: z.string(), href: z.string() })),
  })
  .meta({ id: 'Version' });

const health = z
  .object({ detailed: z.boolean(), reasons: z.array(z.string()), workers: z.int().min(0).optional() })
  .meta({ id: 'Health' });

const json = (description: string, schema: z.ZodType) => ({ description, content: { 'application/json': { schema } } });

const open = (operationId: string, summary: string, responses: ZodOpenApiResponsesObject) => ({
  get: { operationId, summary, tags: ['service'], security: [], responses },
});

/** The paths that answer without a token. */
export function publicPaths(): ZodOpenApiPathsObject {
  const text = { 'text/plain': { schema: z.string() } };
  return {
    '/': open('listVersions', 'Versions of the API', { 200: json('Done', z.object({ versions: z.array(version) })) }),
    '/v1/': open('showVersion', 'This version of the API', { 200: json('Done', z.object({ version })) }),
    '/healthcheck': open('healthcheck', 'Whether requests can be served', {
      200: json('Well', health),
      503: json('Not well, with reasons', health),
    }),
    '/metrics': open('metrics', 'Figures for Prometheus', { 200: { description: 'Done', content: text } }),
    '/v1/openapi.json': open('openapi', 'This document', { 200: json('Done', z.looseObject({})) }),
  };
}

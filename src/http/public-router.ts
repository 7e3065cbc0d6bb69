import express, { type RequestHandler, type Router } from 'express';
import { stateOf } from '../api/calls/request-state.ts';
import { routes } from '../api/route-table.ts';
import type { AppDeps } from './app-deps.ts';
import { listVersions, showVersion } from './documents/discovery.ts';
import { figuresOf } from './documents/figures.ts';
import { healthcheck } from './documents/healthcheck.ts';
import { openApiDocument } from './documents/openapi.ts';
import { methodNotAllowed } from './middleware/error-handler.ts';

/** What answers without a token: discovery, health, metrics, the API's description. */
export function publicRouter(deps: AppDeps): Router {
  const router = express.Router({ caseSensitive: true, strict: true });
  let document: string | undefined;
  const serve = (path: string, handler: RequestHandler): void => {
    const label: RequestHandler = (_req, res, next) => {
      stateOf(res).route = path;
      next();
    };
    router
      .route(path)
      .all(label)
      .get(handler)
      .all(methodNotAllowed(['GET', 'HEAD']));
  };
  serve('/', listVersions(deps.settings));
  serve('/v1', showVersion(deps.settings));
  serve('/v1/', showVersion(deps.settings));
  serve('/healthcheck', healthcheck(deps));
  const figures = figuresOf(deps);
  serve('/metrics', async (_req, res) => {
    const text = await figures();
    res.setHeader('Content-Type', deps.metrics.contentType);
    res.end(text);
  });
  serve('/v1/openapi.json', (_req, res) => {
    document ??= JSON.stringify(openApiDocument(routes, deps.settings));
    res.type('application/json').send(document);
  });
  return router;
}

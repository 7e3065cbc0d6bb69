import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { badRequest } from '../api/calls/call-errors.ts';
import { HEAVY_TURNS, type HttpSettings, MAX_URL_LENGTH } from '../api/calls/http-settings.ts';
import { parseBody } from '../api/calls/parse-body.ts';
import { stateOf } from '../api/calls/request-state.ts';
import type { Route } from '../api/calls/route.ts';
import { urlsOf } from '../api/calls/urls.ts';
import { routes } from '../api/route-table.ts';
import { byText } from '../domain/order.ts';
import type { AppDeps } from './app-deps.ts';
import { type HeavyTurns, heavyTurns } from './heavy-turns.ts';
import { acceptsJson } from './middleware/accept.ts';
import { methodNotAllowed } from './middleware/error-handler.ts';
import { jsonBody } from './middleware/json-body.ts';

/** The route table on express: each path with its methods, and 405 for the others. */
export function tokenRouter(deps: AppDeps, authenticated: RequestHandler[]): Router {
  const router = express.Router({ caseSensitive: true });
  const turns = heavyTurns(HEAVY_TURNS);
  for (const path of new Set(routes.map((route) => route.path))) {
    const here = routes.filter((route) => route.path === path);
    const entry = router.route(path.replace(/\{(\w+)\}/g, ':$1'));
    entry.all(label(path, here), ...authenticated);
    for (const route of here)
      entry[route.method](acceptsJson(), ...jsonBody(bodyLimit(route, deps.settings)), serve(route, deps, turns));
    entry.all(methodNotAllowed(allowed(here)));
  }
  return router;
}

/** Comes before authentication, so that refusals are counted and audited under the right name. */
function label(path: string, here: readonly Route[]): RequestHandler {
  return (req, res, next) => {
    const state = stateOf(res);
    state.route = path;
    const mutates = here.find((route) => route.method.toUpperCase() === req.method)?.mutates;
    if (mutates) state.mutates = mutates;
    next();
  };
}

function serve(route: Route, deps: AppDeps, turns: HeavyTurns): RequestHandler {
  return async (req, res) => {
    const state = stateOf(res);
    if (!state.caller) throw badRequest('unauthorized', 'The request you have made requires authentication.');
    const query = queryOf(req, route);
    const body = route.body ? parseBody(route.body, req.body) : undefined;
    if (isHeavy(route, body)) await ourTurn(res, turns, state.caller.projectId);
    state.reachedService = true;
    const answer = await route.handle({
      caller: state.caller,
      services: deps.services,
      params: req.params as Record<string, string>,
      query,
      body,
      urls: urlsOf(req, res, deps.settings),
      version: state.version,
      settings: deps.settings,
    });
    send(res, answer);
  };
}

const isHeavy = ({ list, heavy = false }: Route, body: unknown): boolean =>
  list !== undefined || (typeof heavy === 'function' ? heavy(body) : heavy);

/** Lasts until the answer has been taken, or its client is gone: it occupies our memory for that time. */
async function ourTurn(res: Response, turns: HeavyTurns, projectId: string): Promise<void> {
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  const end = await turns.take(projectId, gone.signal);
  if (gone.signal.aborted) end();
  else res.once('close', end);
}

const bodyLimit = ({ maxBodyBytes = 0 }: Route, settings: HttpSettings): number =>
  Math.max(maxBodyBytes, settings.maxBodyBytes);

/** For middleware that looks at heads only. */
export const bodyLimitAt =
  (settings: HttpSettings) =>
  (path: string): number =>
    Math.max(
      settings.maxBodyBytes,
      ...routes.filter((one) => one.path === path).map((one) => bodyLimit(one, settings)),
    );

function queryOf(req: Request, route: Route): URLSearchParams {
  const at = req.url.indexOf('?');
  const query = new URLSearchParams(at < 0 ? '' : req.url.slice(at + 1, MAX_URL_LENGTH));
  if (route.list) return query;
  const known = route.query ?? [];
  if ([...query.keys()].some((name) => !known.includes(name)))
    throw badRequest(
      'query.invalid',
      `This request takes ${known.length === 0 ? 'no query parameters' : `only ${known.join(', ')} in the query`}.`,
    );
  return query;
}

function send(res: Response, answer: { status: number; body: unknown; location?: string }): void {
  if (answer.location) res.setHeader('Location', answer.location);
  if (answer.body === undefined) res.status(answer.status).end();
  else res.status(answer.status).json(answer.body);
}

function allowed(here: readonly Route[]): string[] {
  const methods = here.map((route) => route.method.toUpperCase());
  return methods.includes('GET') ? [...methods, 'HEAD'].sort(byText) : methods.sort(byText);
}

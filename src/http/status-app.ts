import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { AppDeps } from './app-deps.ts';
import { figuresOf } from './documents/figures.ts';
import { healthcheck } from './documents/healthcheck.ts';

/** Serves health and metrics of a process other than the API, to anybody who can reach its port. */
export function statusApp(
  deps: Pick<AppDeps, 'clock' | 'metrics' | 'health' | 'log' | 'drained' | 'workersSeen'>,
): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.get('/healthcheck', healthcheck(deps));
  const figures = figuresOf(deps);
  const metrics: RequestHandler = async (_req, res) => {
    try {
      const text = await figures();
      res.setHeader('Content-Type', deps.metrics.contentType);
      res.end(text);
    } catch (error) {
      deps.log.warn('the figures could not be told', { err: error });
      res.status(503).end();
    }
  };
  app.get('/metrics', metrics);
  app.use((_req, res) => void res.status(404).end());
  // Express tells strangers the stack otherwise.
  const quiet: ErrorRequestHandler = (_error, _req, res, _next) => void res.status(500).end();
  app.use(quiet);
  return app;
}

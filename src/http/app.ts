import express, { type Express, type RequestHandler } from 'express';
import type { AppDeps } from './app-deps.ts';
import { createTokenCache } from './auth/token-cache.ts';
import { tokenValidator } from './auth/validate-token.ts';
import { requireVersion, sayVersion } from './middleware/api-version.ts';
import { authtoken } from './middleware/authtoken.ts';
import { cors } from './middleware/cors.ts';
import { errorHandler, notFound } from './middleware/error-handler.ts';
import { dropIdentityHeaders } from './middleware/identity-headers.ts';
import { takePrefix } from './middleware/prefix.ts';
import { requestId } from './middleware/request-id.ts';
import { requestLog } from './middleware/request-log.ts';
import { sendLimit } from './middleware/send-limit.ts';
import { sizeLimit } from './middleware/size-limit.ts';
import { publicRouter } from './public-router.ts';
import { bodyLimitAt, tokenRouter } from './token-router.ts';

export type { HttpSettings } from '../api/calls/http-settings.ts';
export type { AppDeps } from './app-deps.ts';

/**
 * The API. The order is that of Nova's api-paste: cors, proxy headers, request id, request log, size limit, authtoken,
 * application. Nothing is read or kept for a request before it is known who sent it.
 */
export function createApp(deps: AppDeps): Express {
  const { settings } = deps;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.set('query parser', false);

  app.use(cors(settings.corsAllowedOrigins));
  app.use(takePrefix(settings.pathPrefix));
  app.use(requestId(deps.ids));
  app.use(requestLog(deps));
  app.use(sayVersion(settings.serviceType), noSniff, sendLimit);
  app.use(sizeLimit(bodyLimitAt(settings)));
  app.use(dropIdentityHeaders());
  app.use(publicRouter(deps));
  const whoAsks = authenticated(deps);
  app.use(tokenRouter(deps, whoAsks));
  app.use(...whoAsks, notFound);
  app.use(errorHandler(deps.log, settings));
  return app;
}

const noSniff: RequestHandler = (_req, res, next) => {
  res.setHeader('X-Content-Type-Options', 'nosniff');
  next();
};

/** Establishes who asks, then in which version. */
function authenticated(deps: AppDeps): RequestHandler[] {
  const { settings, clock } = deps;
  const cache = createTokenCache(clock, settings.tokenCacheSeconds);
  return [authtoken(tokenValidator({ ...deps, cache }), settings), requireVersion(settings.serviceType)];
}

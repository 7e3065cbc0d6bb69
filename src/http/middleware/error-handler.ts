import type { ErrorRequestHandler, RequestHandler } from 'express';
import { badRequest, errorBody, statusOf, toRewindError } from '../../api/calls/call-errors.ts';
import { type HttpSettings, RETRY_AFTER_SECONDS } from '../../api/calls/http-settings.ts';
import { stateOf } from '../../api/calls/request-state.ts';
import { codeAt } from '../../api/calls/version-words.ts';
import type { Log } from '../../ports/system.ts';

export const notFound: RequestHandler = (_req, _res, next) => {
  next(badRequest('not-found', 'There is nothing at this URL.'));
};

export function methodNotAllowed(allowed: readonly string[]): RequestHandler {
  return (_req, res, next) => {
    res.setHeader('Allow', allowed.join(', '));
    next(badRequest('method-not-allowed', 'This method is not allowed here.'));
  };
}

/** Answers in both error formats. What an outside system said stays in the log, under the same request id. */
export function errorHandler(log: Log, settings: HttpSettings): ErrorRequestHandler {
  return (thrown, _req, res, _next) => {
    const error = toRewindError(thrown);
    const status = statusOf(error);
    const state = stateOf(res);
    state.errorCode = error.code;
    if (status >= 500)
      log.error('request failed', { request_id: state.requestId, project_id: state.caller?.projectId, err: error });
    if (res.headersSent) {
      res.destroy();
      return;
    }
    if (status === 401) res.setHeader('WWW-Authenticate', `Keystone uri="${settings.keystoneUrl}"`);
    if (status === 503 || status === 429) res.setHeader('Retry-After', String(RETRY_AFTER_SECONDS));
    res.status(status).json(errorBody(error, state.requestId, codeAt(state.version, error.code)));
  };
}

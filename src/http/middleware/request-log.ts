import type { RequestHandler } from 'express';
import { stateOf } from '../../api/calls/request-state.ts';
import { fullCode } from '../../domain/errors.ts';
import type { AppDeps } from '../app-deps.ts';

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);
const MAX_LOGGED_PATH = 512;

/**
 * One line and one count for each request, and an audit event for mutations that were refused before an act saw them.
 */
export function requestLog({ log, metrics, audit, clock }: AppDeps): RequestHandler {
  return (req, res, next) => {
    const started = clock.monotonic();
    res.once('close', () => {
      const state = stateOf(res);
      const status = res.writableFinished ? res.statusCode : 499;
      const seconds = (clock.monotonic() - started) / 1_000;
      metrics.httpRequest(req.method, state.route ?? 'unmatched', status, seconds);
      log.info('request', {
        request_id: state.requestId,
        global_request_id: state.globalRequestId ?? undefined,
        project_id: state.caller?.projectId,
        user_id: state.caller?.userId,
        method: req.method,
        path: state.fullPath.slice(0, MAX_LOGGED_PATH),
        status,
        duration_ms: Math.round(seconds * 1_000),
        code: state.errorCode,
        client: req.socket.remoteAddress,
      });
      if (READS.has(req.method) || state.reachedService) return;
      audit({
        action: state.mutates?.action ?? 'unknown',
        outcome: 'failure',
        requestId: state.requestId,
        globalRequestId: state.globalRequestId,
        userId: state.caller?.userId ?? null,
        projectId: state.caller?.projectId ?? null,
        resourceType: state.mutates?.resourceType ?? 'unknown',
        resourceId: null,
        operationId: null,
        reason: { code: state.errorCode ?? fullCode('request.aborted'), status },
      });
    });
    next();
  };
}

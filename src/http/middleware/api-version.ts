import type { RequestHandler } from 'express';
import { MIN_VERSION } from '../../api/calls/http-settings.ts';
import { stateOf } from '../../api/calls/request-state.ts';
import { negotiateVersion } from '../../api/calls/version.ts';

const HEADER = 'OpenStack-API-Version';

/** Every answer names its version, errors too; until one was negotiated that is the minimum. */
export function sayVersion(serviceType: string): RequestHandler {
  return (_req, res, next) => {
    stateOf(res).version = MIN_VERSION;
    res.setHeader(HEADER, `${serviceType} ${MIN_VERSION}`);
    res.vary(HEADER);
    next();
  };
}

/**
 * Records the requested version in the request's state; refuses unknown versions. Not for discovery, which must always
 * answer.
 */
export function requireVersion(serviceType: string): RequestHandler {
  return (req, res, next) => {
    const version = negotiateVersion(req.get(HEADER), serviceType);
    stateOf(res).version = version;
    res.setHeader(HEADER, `${serviceType} ${version}`);
    next();
  };
}

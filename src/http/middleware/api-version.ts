import type { RequestHandler } from 'express';
import { MIN_VERSION } from '../settings.ts';
import { negotiateVersion } from '../version.ts';

const HEADER = 'OpenStack-API-Version';

/** Every answer says its version, errors too; until one was negotiated that is the minimum. */
export function sayVersion(serviceType: string): RequestHandler {
  return (_req, res, next) => {
    res.setHeader(HEADER, `${serviceType} ${MIN_VERSION}`);
    res.vary(HEADER);
    next();
  };
}

/** Refuses versions we do not speak. Not for discovery, which must always answer. */
export function requireVersion(serviceType: string): RequestHandler {
  return (req, res, next) => {
    res.setHeader(HEADER, `${serviceType} ${negotiateVersion(req.get(HEADER), serviceType)}`);
    next();
  };
}

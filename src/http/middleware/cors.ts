import type { RequestHandler } from 'express';

const ALLOWED_HEADERS = 'X-Auth-Token, X-OpenStack-Request-ID, OpenStack-API-Version, Content-Type';
const EXPOSED_HEADERS = 'X-OpenStack-Request-ID, OpenStack-API-Version, Location';
const METHODS = 'GET, POST, PUT, PATCH, DELETE';
const MAX_AGE_SECONDS = '3600';

/** Lets pages of the named origins call the API (oslo.middleware cors). Without any origin it does nothing. */
export function cors(allowedOrigins: readonly string[]): RequestHandler {
  return (req, res, next) => {
    const origin = req.get('origin');
    if (allowedOrigins.length === 0) return next();
    res.vary('Origin');
    if (origin === undefined || !(allowedOrigins.includes(origin) || allowedOrigins.includes('*'))) return next();
    res.setHeader('Access-Control-Allow-Origin', origin);
    res.setHeader('Access-Control-Expose-Headers', EXPOSED_HEADERS);
    if (req.method !== 'OPTIONS' || req.get('access-control-request-method') === undefined) return next();
    res.setHeader('Access-Control-Allow-Methods', METHODS);
    res.setHeader('Access-Control-Allow-Headers', ALLOWED_HEADERS);
    res.setHeader('Access-Control-Max-Age', MAX_AGE_SECONDS);
    res.status(204).end();
  };
}

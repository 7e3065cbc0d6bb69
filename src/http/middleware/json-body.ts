import express, { type Request, type RequestHandler } from 'express';
import { badRequest } from '../../api/calls/call-errors.ts';
import { MAX_JSON_DEPTH } from '../../api/calls/http-settings.ts';

const JSON_TYPE = /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i;

/**
 * Accepts JSON in UTF-8, uncompressed, of bounded size and depth; refuses everything else, and bodies of read requests.
 */
export function jsonBody(maxBodyBytes: number): RequestHandler[] {
  const check: RequestHandler = (req, _res, next) => {
    if (!hasBody(req)) return next();
    if (req.method === 'GET' || req.method === 'HEAD' || req.method === 'DELETE')
      return next(badRequest('request.body-not-allowed', 'A request of this method has no body.'));
    if (!JSON_TYPE.test(req.get('content-type') ?? ''))
      return next(badRequest('request.media-type', 'The body must be application/json.'));
    next();
  };
  const parse = express.json({ limit: maxBodyBytes, strict: true, inflate: false, type: () => true });
  const tame: RequestHandler = (req, _res, next) => {
    refuseOddities(req.body, 0);
    next();
  };
  return [check, parse, tame];
}

function hasBody(req: Request): boolean {
  return req.get('transfer-encoding') !== undefined || Number(req.get('content-length') ?? 0) > 0;
}

/** `__proto__` would become the prototype of whatever copies it; depth costs every later reader a stack frame. */
function refuseOddities(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_JSON_DEPTH) throw badRequest('request.bad-json', 'The body is nested too deeply.');
  if (Object.hasOwn(value, '__proto__')) throw badRequest('request.bad-json', 'The body has a forbidden key.');
  for (const item of Object.values(value)) refuseOddities(item, depth + 1);
}

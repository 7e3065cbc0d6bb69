import type { RequestHandler } from 'express';
import { badRequest } from '../../api/calls/call-errors.ts';
import { MAX_HEADERS, MAX_URL_LENGTH } from '../../api/calls/http-settings.ts';

/**
 * Refuses requests that are too long by their head alone, before anything is read or anybody is asked who the caller
 * is.
 */
export function sizeLimit(maxBodyBytesAt: (path: string) => number): RequestHandler {
  return (req, res, next) => {
    if (req.url.length > MAX_URL_LENGTH) return next(badRequest('request.uri-too-long', 'The URL is too long.'));
    if (req.rawHeaders.length / 2 > MAX_HEADERS)
      return next(badRequest('request.too-many-headers', 'The request has too many headers.'));
    const maxBodyBytes = maxBodyBytesAt(req.path);
    if (Number(req.get('content-length') ?? 0) <= maxBodyBytes) return next();
    // The rest of the request is not worth reading.
    res.setHeader('Connection', 'close');
    next(badRequest('request.too-large', `The body is larger than ${maxBodyBytes} bytes.`));
  };
}

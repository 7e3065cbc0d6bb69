import type { RequestHandler } from 'express';
import { badRequest } from '../../api/calls/call-errors.ts';

/** We speak JSON; a client that takes none of it is told so before anything happens. */
export function acceptsJson(): RequestHandler {
  return (req, _res, next) => {
    if (req.accepts('application/json') === false)
      return next(badRequest('request.not-acceptable', 'Answers are application/json only.'));
    next();
  };
}

import type { RequestHandler } from 'express';
import { badRequest } from '../../api/calls/call-errors.ts';

/** The API speaks JSON; a client that does not accept it is told so before anything happens. */
export function acceptsJson(): RequestHandler {
  return (req, _res, next) => {
    if (req.accepts('application/json') === false)
      return next(badRequest('request.not-acceptable', 'Answers are application/json only.'));
    next();
  };
}

import type { RequestHandler } from 'express';
import { MAX_SEND_MS } from '../../api/calls/http-settings.ts';

/** Ends the connection of a client that does not take its answer. */
export const sendLimit: RequestHandler = (_req, res, next) => {
  res.once('prefinish', () => {
    const late = setTimeout(() => res.destroy(), MAX_SEND_MS);
    late.unref();
    res.once('close', () => clearTimeout(late));
  });
  next();
};

import type { RequestHandler } from 'express';
import { stateOf } from '../../api/calls/request-state.ts';

/** Serves `/vm-backup/v1/…` and `/v1/…` alike, so that a proxy may remove the prefix or leave it. */
export function takePrefix(prefix: string): RequestHandler {
  return (req, res, next) => {
    const state = stateOf(res);
    // `GET http://host/path` is what proxies send, and RFC 9112 lets anybody send it.
    if (!req.url.startsWith('/')) req.url = req.url.replace(/^[a-z]+:\/\/[^/?]*/i, '') || '/';
    if (!req.url.startsWith('/')) req.url = `/${req.url}`;
    state.fullPath = req.path;
    state.prefix = '';
    if (prefix !== '' && (req.path === prefix || req.path.startsWith(`${prefix}/`))) {
      state.prefix = prefix;
      const rest = req.url.slice(prefix.length);
      req.url = rest.startsWith('/') ? rest : `/${rest}`;
    }
    next();
  };
}

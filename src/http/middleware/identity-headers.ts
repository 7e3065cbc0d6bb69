import type { RequestHandler } from 'express';

const CLAIMS =
  /^(x-(user|project|tenant|domain|role|roles|identity|is-admin|service|trusted|authenticated|auth-(?!token$)).*|openstack-system-scope|keystone.*|remote[-_]user)$/;

/**
 * Removes every header by which an upstream middleware would name the caller (OSSA-2026-001). Nothing here reads them;
 * this keeps it so.
 */
export function dropIdentityHeaders(): RequestHandler {
  return (req, _res, next) => {
    for (const name of Object.keys(req.headers))
      if (name !== 'x-service-token' && CLAIMS.test(name)) delete req.headers[name];
    next();
  };
}

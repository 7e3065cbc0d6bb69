import type { RequestHandler } from 'express';

const CLAIMS =
  /^(x-(user|project|tenant|domain|role|roles|identity|is-admin|service|trusted|authenticated|auth-(?!token$)).*|openstack-system-scope|keystone.*|remote[-_]user)$/;

/**
 * Takes out every header by which an upstream middleware would tell who asks (OSSA-2026-001). Nothing of ours reads
 * them; this keeps it so.
 */
export function dropIdentityHeaders(): RequestHandler {
  return (req, _res, next) => {
    for (const name of Object.keys(req.headers))
      if (name !== 'x-service-token' && CLAIMS.test(name)) delete req.headers[name];
    next();
  };
}

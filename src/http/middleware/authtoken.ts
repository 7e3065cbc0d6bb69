import type { RequestHandler } from 'express';
import type { HttpSettings } from '../../api/calls/http-settings.ts';
import { stateOf } from '../../api/calls/request-state.ts';
import { type AuthSettings, authenticate } from '../auth/authenticate.ts';
import type { ValidateToken } from '../auth/validate-token.ts';
import { clientAddress } from '../client-address.ts';

/** Puts the caller into the request's state, or refuses. The only place where a caller is made. */
export function authtoken(
  validate: ValidateToken,
  settings: AuthSettings & Pick<HttpSettings, 'trustProxy'>,
): RequestHandler {
  return async (req, res, next) => {
    const state = stateOf(res);
    const token = req.get('x-auth-token')?.trim();
    const info = await authenticate(
      validate,
      {
        token: token || undefined,
        serviceToken: req.get('x-service-token')?.trim() || undefined,
        client: clientAddress(req, settings.trustProxy),
        method: req.method,
        paths: [...new Set([state.fullPath, state.fullPath.slice(state.prefix.length)])],
      },
      settings,
    );
    state.caller = {
      userId: info.userId,
      projectId: info.projectId,
      roles: info.roles,
      methods: info.methods,
      trustId: info.trustId,
      credentialId: info.credentialId,
      requestId: state.requestId,
      globalRequestId: state.globalRequestId,
      token: token ?? '',
    };
    res.setHeader('Cache-Control', 'no-store');
    next();
  };
}

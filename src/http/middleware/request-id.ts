import type { RequestHandler } from 'express';
import { stateOf } from '../../api/calls/request-state.ts';
import type { Ids } from '../../ports/system.ts';

const REQUEST_ID = /^req-[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$/;

/** Makes our id; the client's is kept beside it when it has the right form (oslo.middleware request_id). */
export function requestId(ids: Ids): RequestHandler {
  return (req, res, next) => {
    const state = stateOf(res);
    const theirs = req.get('x-openstack-request-id') ?? '';
    state.requestId = `req-${ids.uuid()}`;
    state.globalRequestId = REQUEST_ID.test(theirs) ? theirs : null;
    res.setHeader('x-openstack-request-id', state.requestId);
    next();
  };
}

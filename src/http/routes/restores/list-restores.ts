import { listAnswer } from '../../list/list-answer.ts';
import { RESTORES } from '../../list/list-spec.ts';
import { route } from '../../route.ts';
import { restoresAnswer } from '../../schemas/restore.ts';
import { restoreView } from './restore-view.ts';

export const listRestores = route({
  method: 'get',
  path: '/v1/restores',
  operationId: 'listRestores',
  summary: 'List restores, newest first unless sorted otherwise',
  list: RESTORES,
  answers: { 200: restoresAnswer },
  handle: (call) =>
    listAnswer(call, 'restores', RESTORES, (request) => call.services.listRestores(call.caller, request), restoreView),
});

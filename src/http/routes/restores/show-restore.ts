import { route } from '../../route.ts';
import { restoreAnswer } from '../../schemas/restore.ts';
import { restoreView } from './restore-view.ts';

export const showRestore = route({
  method: 'get',
  path: '/v1/restores/{restore_id}',
  operationId: 'showRestore',
  summary: 'Show a restore and what it made',
  answers: { 200: restoreAnswer },
  async handle(call) {
    const restore = await call.services.showRestore(call.caller, call.params.restore_id ?? '');
    return { status: 200, body: { restore: restoreView(restore, call) } };
  },
});

import { route } from '../../route.ts';
import { targetAnswer } from '../../schemas/target.ts';
import { targetView } from './target-view.ts';

export const showTarget = route({
  method: 'get',
  path: '/v1/targets/{target_name}',
  operationId: 'showTarget',
  summary: 'Show one of the places where backups may lie',
  answers: { 200: targetAnswer },
  async handle(call) {
    const target = await call.services.showTarget(call.caller, call.params.target_name ?? '');
    return { status: 200, body: { target: targetView(target, call) } };
  },
});

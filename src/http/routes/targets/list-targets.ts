import { route } from '../../route.ts';
import { targetsAnswer } from '../../schemas/target.ts';
import { targetView } from './target-view.ts';

export const listTargets = route({
  method: 'get',
  path: '/v1/targets',
  operationId: 'listTargets',
  summary: 'List the places where backups may lie, in the order of the settings, and how they are doing',
  answers: { 200: targetsAnswer },
  async handle(call) {
    const targets = await call.services.listTargets(call.caller);
    return { status: 200, body: { targets: targets.map((target) => targetView(target, call)), links: [] } };
  },
});

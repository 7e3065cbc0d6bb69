import { route } from '../calls/route.ts';
import { targetAnswer, targetsAnswer } from './schemas.ts';
import { targetView } from './view.ts';

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

import { route } from '../../route.ts';
import { noAnswer } from '../../schemas/common.ts';

export const deletePolicy = route({
  method: 'delete',
  path: '/v1/policies/{policy_id}',
  operationId: 'deletePolicy',
  summary: 'Delete a policy; the backups that it made stay',
  mutates: { action: 'policies:delete', resourceType: 'policy' },
  answers: { 204: noAnswer },
  async handle(call) {
    await call.services.deletePolicy(call.caller, call.params.policy_id ?? '');
    return { status: 204, body: undefined };
  },
});

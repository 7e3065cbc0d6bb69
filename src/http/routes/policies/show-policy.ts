import { route } from '../../route.ts';
import { policyAnswer } from '../../schemas/policy.ts';
import { policyView } from './policy-view.ts';

export const showPolicy = route({
  method: 'get',
  path: '/v1/policies/{policy_id}',
  operationId: 'showPolicy',
  summary: 'Show a policy',
  answers: { 200: policyAnswer },
  async handle(call) {
    const policy = await call.services.showPolicy(call.caller, call.params.policy_id ?? '');
    return { status: 200, body: { policy: policyView(policy, call) } };
  },
});

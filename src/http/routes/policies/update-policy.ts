import { route } from '../../route.ts';
import { policyAnswer, updatePolicyBody } from '../../schemas/policy.ts';
import { policyView } from './policy-view.ts';
import { wantedPolicy } from './wanted-policy.ts';

export const updatePolicy = route({
  method: 'patch',
  path: '/v1/policies/{policy_id}',
  operationId: 'updatePolicy',
  summary: 'Change a policy; it acts for who saved it last',
  mutates: { action: 'policies:update', resourceType: 'policy' },
  body: updatePolicyBody,
  answers: { 200: policyAnswer },
  async handle(call) {
    const policy = await call.services.updatePolicy(
      call.caller,
      call.params.policy_id ?? '',
      wantedPolicy(call.body.policy),
    );
    return { status: 200, body: { policy: policyView(policy, call) } };
  },
});

import { route } from '../../route.ts';
import { updatePolicyAnswer, updatePolicyBody } from '../../schemas/policy.ts';
import { policyView } from './policy-view.ts';
import { changedPolicy } from './wanted-policy.ts';

export const updatePolicy = route({
  method: 'patch',
  path: '/v1/policies/{policy_id}',
  operationId: 'updatePolicy',
  summary: 'Change a policy; it acts for who saved it last',
  mutates: { action: 'policies:update', resourceType: 'policy' },
  body: updatePolicyBody,
  heavy: true,
  answers: { 200: updatePolicyAnswer },
  async handle(call) {
    const change = changedPolicy(call.body.policy, call.version);
    const { policy, removes } = await call.services.updatePolicy(call.caller, call.params.policy_id ?? '', change);
    return { status: 200, body: { policy: policyView(policy, call), retention_removes: removes } };
  },
});

import { route } from '../../route.ts';
import { createPolicyBody, policyAnswer } from '../../schemas/policy.ts';
import { policyView } from './policy-view.ts';
import { wantedPolicy } from './wanted-policy.ts';

export const createPolicy = route({
  method: 'post',
  path: '/v1/policies',
  operationId: 'createPolicy',
  summary: 'Have servers backed up by themselves',
  mutates: { action: 'policies:create', resourceType: 'policy' },
  body: createPolicyBody,
  answers: { 201: policyAnswer },
  async handle(call) {
    const { servers, schedule, ...more } = call.body.policy;
    const wanted = wantedPolicy({ servers, schedule, ...more });
    const policy = await call.services.createPolicy(call.caller, wanted);
    return {
      status: 201,
      body: { policy: policyView(policy, call) },
      location: call.urls.to(`/v1/policies/${policy.id}`),
    };
  },
});

import { listAnswer } from '../../list/list-answer.ts';
import { POLICIES } from '../../list/list-spec.ts';
import { route } from '../../route.ts';
import { policiesAnswer } from '../../schemas/policy.ts';
import { policyView } from './policy-view.ts';

export const listPolicies = route({
  method: 'get',
  path: '/v1/policies',
  operationId: 'listPolicies',
  summary: 'List policies, newest first unless sorted otherwise',
  list: POLICIES,
  answers: { 200: policiesAnswer },
  handle: (call) =>
    listAnswer(call, 'policies', POLICIES, (request) => call.services.listPolicies(call.caller, request), policyView),
});

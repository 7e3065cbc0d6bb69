import { listAnswer } from '../../list/list-answer.ts';
import { POLICY_RUNS } from '../../list/list-spec.ts';
import { route } from '../../route.ts';
import { policyRunsAnswer } from '../../schemas/policy.ts';
import { policyRunView } from './policy-view.ts';

export const listPolicyRuns = route({
  method: 'get',
  path: '/v1/policy-runs',
  operationId: 'listPolicyRuns',
  summary: 'List what policies planned and what became of it',
  list: POLICY_RUNS,
  answers: { 200: policyRunsAnswer },
  handle: (call) =>
    listAnswer(
      call,
      'policy-runs',
      POLICY_RUNS,
      (request) => call.services.listPolicyRuns(call.caller, request),
      policyRunView,
    ),
});

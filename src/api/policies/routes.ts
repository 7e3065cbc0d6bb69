import { POLICY, POLICY_RUN } from '../../domain/policies/backup-policy.ts';
import { readTime } from '../calls/list/filter-value.ts';
import { listAnswer } from '../calls/list/list-answer.ts';
import { listSpecOf } from '../calls/list/list-spec.ts';
import { onlyOnce } from '../calls/list/read-list-query.ts';
import { type Call, route } from '../calls/route.ts';
import { noAnswer } from '../calls/schema-parts.ts';
import {
  createPolicyBody,
  policiesAnswer,
  policyAnswer,
  policyRunsAnswer,
  simulateChangeBody,
  simulateNewBody,
  simulationAnswer,
  updatePolicyAnswer,
  updatePolicyBody,
} from './schemas.ts';
import { policyRunView, policyView } from './view.ts';
import { changedPolicy, wantedPolicy } from './wanted-policy.ts';

const POLICIES = listSpecOf(POLICY);
const POLICY_RUNS = listSpecOf(POLICY_RUN);

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

const stretchOf = ({ query }: Pick<Call, 'query'>) => {
  const time = (name: string): string | null => {
    const text = onlyOnce(query, name);
    return text === null ? null : readTime(name, text);
  };
  return { from: time('from'), until: time('until') };
};

export const simulatePolicy = route({
  method: 'get',
  path: '/v1/policies/{policy_id}/simulate',
  operationId: 'simulatePolicy',
  summary: 'Show what a policy would do: its runs, and what its retention keeps; changes nothing',
  query: ['from', 'until'],
  heavy: true,
  answers: { 200: simulationAnswer },
  async handle(call) {
    const id = call.params.policy_id ?? '';
    const simulation = await call.services.simulatePolicy(call.caller, id, stretchOf(call));
    return { status: 200, body: { simulation: { policy_id: id, ...simulation } } };
  },
});

export const simulatePolicyChange = route({
  method: 'post',
  path: '/v1/policies/{policy_id}/simulate',
  operationId: 'simulatePolicyChange',
  summary: 'Show what a policy would do with a change that is not saved; changes nothing',
  query: ['from', 'until'],
  body: simulateChangeBody,
  heavy: true,
  answers: { 200: simulationAnswer },
  async handle(call) {
    const id = call.params.policy_id ?? '';
    const change = changedPolicy(call.body?.policy ?? {}, call.version);
    const simulation = await call.services.simulatePolicy(call.caller, id, stretchOf(call), change);
    return { status: 200, body: { simulation: { policy_id: id, ...simulation } } };
  },
});

export const simulateNewPolicy = route({
  method: 'post',
  path: '/v1/policies/simulate',
  operationId: 'simulateNewPolicy',
  summary: 'Show what a policy that is not saved would do; changes nothing',
  query: ['from', 'until'],
  body: simulateNewBody,
  heavy: true,
  answers: { 200: simulationAnswer },
  async handle(call) {
    const { servers, schedule, ...more } = call.body.policy;
    const wanted = wantedPolicy({ servers, schedule, ...more });
    const simulation = await call.services.simulateNewPolicy(call.caller, stretchOf(call), wanted);
    return { status: 200, body: { simulation: { policy_id: null, ...simulation } } };
  },
});

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

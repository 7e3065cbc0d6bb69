import { readTime } from '../../list/filter-value.ts';
import { onlyOnce } from '../../list/read-list-query.ts';
import { type Call, route } from '../../route.ts';
import { simulateChangeBody, simulateNewBody, simulationAnswer } from '../../schemas/policy.ts';
import { changedPolicy, wantedPolicy } from './wanted-policy.ts';

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

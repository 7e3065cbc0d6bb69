import { readTime, wrong } from '../../list/filter-value.ts';
import { route } from '../../route.ts';
import { simulationAnswer } from '../../schemas/policy.ts';

export const simulatePolicy = route({
  method: 'get',
  path: '/v1/policies/{policy_id}/simulate',
  operationId: 'simulatePolicy',
  summary: 'Show what a policy would do: its runs, and what its retention keeps; changes nothing',
  query: ['from', 'until'],
  answers: { 200: simulationAnswer },
  async handle(call) {
    const time = (name: string): string | null => {
      const values = call.query.getAll(name);
      if (values.length > 1) throw wrong(name, 'given once');
      return values[0] === undefined ? null : readTime(name, values[0]);
    };
    const id = call.params.policy_id ?? '';
    const stretch = { from: time('from'), until: time('until') };
    const simulation = await call.services.simulatePolicy(call.caller, id, stretch);
    return { status: 200, body: { simulation: { policy_id: id, ...simulation } } };
  },
});

import { route } from '../../route.ts';
import { operationAnswer } from '../../schemas/operation.ts';
import { operationView } from './operation-view.ts';

export const showOperation = route({
  method: 'get',
  path: '/v1/operations/{operation_id}',
  operationId: 'showOperation',
  summary: 'Show an operation with its steps',
  answers: { 200: operationAnswer },
  async handle(call) {
    const { operation, steps } = await call.services.showOperation(call.caller, call.params.operation_id ?? '');
    return { status: 200, body: { operation: operationView(operation, call, steps) } };
  },
});

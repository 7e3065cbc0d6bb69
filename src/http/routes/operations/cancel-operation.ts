import { route } from '../../route.ts';
import { emptyBody, operationAnswer } from '../../schemas/operation.ts';
import { operationView } from './operation-view.ts';

export const cancelOperation = route({
  method: 'post',
  path: '/v1/operations/{operation_id}/cancel',
  operationId: 'cancelOperation',
  summary: 'Ask an operation to stop and put back what it did',
  mutates: { action: 'operations:cancel', resourceType: 'operation' },
  body: emptyBody,
  answers: { 202: operationAnswer },
  async handle(call) {
    const operation = await call.services.cancelOperation(call.caller, call.params.operation_id ?? '');
    return {
      status: 202,
      body: { operation: operationView(operation, call) },
      location: call.urls.to(`/v1/operations/${operation.id}`),
    };
  },
});

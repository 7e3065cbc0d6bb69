import { OPERATION } from '../../domain/operations/operation.ts';
import { listAnswer } from '../calls/list/list-answer.ts';
import { listSpecOf } from '../calls/list/list-spec.ts';
import { route } from '../calls/route.ts';
import { emptyBody, operationAnswer, operationsAnswer } from './schemas.ts';
import { operationView } from './view.ts';

const OPERATIONS = listSpecOf(OPERATION);

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

export const listOperations = route({
  method: 'get',
  path: '/v1/operations',
  operationId: 'listOperations',
  summary: 'List operations, newest first unless sorted otherwise',
  list: OPERATIONS,
  answers: { 200: operationsAnswer },
  handle: (call) =>
    listAnswer(
      call,
      'operations',
      OPERATIONS,
      (request) => call.services.listOperations(call.caller, request),
      (operation) => operationView(operation, call),
    ),
});

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

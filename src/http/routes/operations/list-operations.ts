import { listAnswer } from '../../list/list-answer.ts';
import { OPERATIONS } from '../../list/list-spec.ts';
import { route } from '../../route.ts';
import { operationsAnswer } from '../../schemas/operation.ts';
import { operationView } from './operation-view.ts';

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

import { MESSAGE } from '../../domain/message.ts';
import { listAnswer } from '../calls/list/list-answer.ts';
import { listSpecOf } from '../calls/list/list-spec.ts';
import { route } from '../calls/route.ts';
import { noAnswer } from '../calls/schema-parts.ts';
import { messageAnswer, messagesAnswer } from './schemas.ts';
import { messageView } from './view.ts';

const MESSAGES = listSpecOf(MESSAGE);

export const deleteMessage = route({
  method: 'delete',
  path: '/v1/messages/{message_id}',
  operationId: 'deleteMessage',
  summary: 'Delete a message',
  mutates: { action: 'messages:delete', resourceType: 'message' },
  answers: { 204: noAnswer },
  async handle(call) {
    await call.services.deleteMessage(call.caller, call.params.message_id ?? '');
    return { status: 204, body: undefined };
  },
});

export const listMessages = route({
  method: 'get',
  path: '/v1/messages',
  operationId: 'listMessages',
  summary: 'List what went wrong while nobody was looking',
  list: MESSAGES,
  answers: { 200: messagesAnswer },
  handle: (call) =>
    listAnswer(call, 'messages', MESSAGES, (request) => call.services.listMessages(call.caller, request), messageView),
});

export const showMessage = route({
  method: 'get',
  path: '/v1/messages/{message_id}',
  operationId: 'showMessage',
  summary: 'Show a message',
  answers: { 200: messageAnswer },
  async handle(call) {
    const message = await call.services.showMessage(call.caller, call.params.message_id ?? '');
    return { status: 200, body: { message: messageView(message, call) } };
  },
});

import { listAnswer } from '../../list/list-answer.ts';
import { MESSAGES } from '../../list/list-spec.ts';
import { route } from '../../route.ts';
import { messagesAnswer } from '../../schemas/message.ts';
import { messageView } from './message-view.ts';

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

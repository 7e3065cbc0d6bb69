import { route } from '../../route.ts';
import { messageAnswer } from '../../schemas/message.ts';
import { messageView } from './message-view.ts';

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

import { route } from '../../route.ts';
import { noAnswer } from '../../schemas/common.ts';

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

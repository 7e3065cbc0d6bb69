import type { z } from 'zod';
import type { Message } from '../../../domain/message.ts';
import type { Call } from '../../route.ts';
import type { messageSchema } from '../../schemas/message.ts';

export const messageView = (message: Message, { urls }: Pick<Call, 'urls'>): z.output<typeof messageSchema> => ({
  ...message,
  links: urls.linksOf('messages', message.id),
});

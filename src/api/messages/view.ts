import type { z } from 'zod';
import { MESSAGE, type Message } from '../../domain/message.ts';
import { viewOf } from '../calls/answer-view.ts';
import type { Call } from '../calls/route.ts';
import type { messageSchema } from './schemas.ts';

export const messageView = (
  message: Message,
  { urls, version }: Pick<Call, 'urls' | 'version'>,
): z.output<typeof messageSchema> => ({
  ...viewOf(MESSAGE, message, version),
  links: urls.linksOf('messages', message.id),
});

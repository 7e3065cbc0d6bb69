import type { z } from 'zod';
import type { Message } from '../../domain/message.ts';
import type { Call } from '../calls/route.ts';
import { codeAt } from '../calls/version-words.ts';
import type { messageSchema } from './schemas.ts';

export const messageView = (
  message: Message,
  { urls, version }: Pick<Call, 'urls' | 'version'>,
): z.output<typeof messageSchema> => ({
  ...message,
  event_id: codeAt(version, message.event_id),
  links: urls.linksOf('messages', message.id),
});

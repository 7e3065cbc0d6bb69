import { z } from 'zod';
import { MESSAGE } from '../../domain/message.ts';
import { shapeOf } from '../calls/answer-shape.ts';
import * as common from '../calls/schema-parts.ts';

export const messageSchema = z.strictObject({ ...shapeOf(MESSAGE), links: common.links }).meta({ id: 'Message' });

export const messageAnswer = z.strictObject({ message: messageSchema });
export const messagesAnswer = z.strictObject({
  messages: z.array(messageSchema),
  links: common.pageLinks,
  count: common.count,
});

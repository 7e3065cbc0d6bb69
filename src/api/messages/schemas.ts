import { z } from 'zod';
import * as common from '../calls/schema-parts.ts';

export const messageSchema = z
  .strictObject({
    id: common.uuid,
    project_id: common.keystoneId,
    request_id: z.string().nullable(),
    message_level: z.enum(['ERROR', 'WARNING']),
    event_id: z.string().meta({ description: 'Stable, as codes of errors are' }),
    resource_type: z.enum(['policy', 'backup', 'snapshot', 'restore', 'server']),
    resource_uuid: common.uuid,
    user_message: z.string(),
    created_at: common.time,
    guaranteed_until: common.time.meta({ description: 'It may be gone after this' }),
    links: common.links,
  })
  .meta({ id: 'Message' });

export const messageAnswer = z.strictObject({ message: messageSchema });
export const messagesAnswer = z.strictObject({
  messages: z.array(messageSchema),
  links: common.pageLinks,
  count: common.count,
});

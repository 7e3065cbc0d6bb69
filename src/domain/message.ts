import { code, type FieldsOf, keystoneId, oneOf, text, time, uuid } from './fields.ts';

const MESSAGE_LEVELS = ['ERROR', 'WARNING'] as const;
const MESSAGE_RESOURCES = ['policy', 'backup', 'snapshot', 'restore', 'server'] as const;

const shown = true;
const filter = 'callers';

/** What users may read about something that went wrong while they were not watching. Field names are Cinder's. */
export const MESSAGE = {
  id: uuid({ shown, filter }),
  project_id: keystoneId({ shown, filter }),
  /** `req-<uuid>`: the logs have the same. */
  request_id: text({ nullable: true, shown, filter }),
  message_level: oneOf(MESSAGE_LEVELS, { shown, filter }),
  event_id: code({ shown, filter, means: 'Stable, as codes of errors are' }),
  resource_type: oneOf(MESSAGE_RESOURCES, { shown, filter }),
  resource_uuid: uuid({ shown, filter }),
  user_message: text({ shown }),
  created_at: time({ shown, filter }),
  guaranteed_until: time({ shown, filter, means: 'It may be gone after this' }),
};

export type Message = FieldsOf<typeof MESSAGE>;

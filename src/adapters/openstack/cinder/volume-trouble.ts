import type { VolumeTrouble } from '../../../ports/openstack.ts';
import { type JsonObject, list, object, text } from '../calls/read-json.ts';

const LOG = 'The log of cinder-volume and cinder-scheduler tells more.';

/** Details of Cinder's user messages (cinder/message/message_field.py), the end of `event_id`. */
const DETAILS: Record<string, VolumeTrouble> = {
  '002': { code: 'backend-down', words: 'its storage backend is not ready.', hint: LOG },
  '003': {
    code: 'no-backend',
    words: 'no storage backend has room for it, or none fits its type and zone.',
    hint: 'Take another volume type or zone, or ask the operator for more room.',
  },
  '006': { code: 'over-quota', words: 'a quota is used up.', hint: 'Free something or ask for more quota.' },
  '007': {
    code: 'too-small',
    words: 'the image is larger than the room for it.',
    hint: 'Ask the operator for more room.',
  },
  '012': { code: 'backend-failed', words: 'its storage backend could not make it.', hint: LOG },
};

/** The newest message whose cause is known. Messages about other resources do not count. */
export function volumeTrouble(body: JsonObject, volumeId: string): VolumeTrouble | undefined {
  const own = list(body.messages)
    .map(object)
    .filter((row) => row.resource_uuid === volumeId)
    .sort((a, b) => ((text(a.created_at) ?? '') < (text(b.created_at) ?? '') ? 1 : -1));
  return own.map((row) => DETAILS[text(row.event_id)?.slice(-3) ?? '']).find((told) => told !== undefined);
}

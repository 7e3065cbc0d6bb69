import type { RewindError } from '../domain/errors.ts';
import type { Message } from '../domain/message.ts';
import type { SchedulerParts } from './parts.ts';

const MS_PER_DAY = 86_400_000;

interface About {
  projectId: string;
  resource: [type: Message['resource_type'], id: string];
  level?: Message['message_level'];
  requestId?: string | null;
}

/** Sends a message to the users of a project. */
export function tell(
  { deps: { clock, ids }, settings }: Pick<SchedulerParts, 'deps' | 'settings'>,
  { projectId, resource, level = 'ERROR', requestId = null }: About,
  { code, message, hint }: Pick<RewindError, 'code' | 'message' | 'hint'>,
): Message {
  const now = clock.now();
  return {
    id: ids.uuid(),
    project_id: projectId,
    request_id: requestId,
    message_level: level,
    event_id: code,
    resource_type: resource[0],
    resource_uuid: resource[1],
    user_message: hint === undefined ? message : `${message} ${hint}`,
    created_at: new Date(now).toISOString(),
    guaranteed_until: new Date(now + settings.keepMessagesDays * MS_PER_DAY).toISOString(),
  };
}

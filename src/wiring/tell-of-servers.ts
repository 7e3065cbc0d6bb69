import { sqlMessages } from '../adapters/sql/policies/sql-messages.ts';
import type { Tell } from '../maintenance/nova/nova-watch.ts';
import type { Shared } from './shared.ts';

const MS_PER_DAY = 86_400_000;

/** Messages for the users of a server's project; they are kept as long as those of policies. */
export function tellOfServers({ db, config, clock, ids }: Shared): Tell {
  const messages = sqlMessages(db);
  const keptMs = config.scheduler.keepMessagesDays * MS_PER_DAY;
  return async ({ projectId, serverId, level, code, words }) => {
    const now = clock.now();
    const message = {
      id: ids.uuid(),
      project_id: projectId,
      request_id: null,
      message_level: level,
      event_id: code,
      resource_type: 'server' as const,
      resource_uuid: serverId,
      user_message: words,
      created_at: new Date(now).toISOString(),
      guaranteed_until: new Date(now + keptMs).toISOString(),
    };
    await messages.tell([message]);
  };
}

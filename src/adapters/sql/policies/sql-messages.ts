import type { Message } from '../../../domain/message.ts';
import type { Messages } from '../../../ports/stores/messages.ts';
import { guarded } from '../database/database-trouble.ts';
import type { Database } from '../database/tables.ts';
import { countRows, listRows } from '../lists/list-rows.ts';
import type { MessageRow } from './policy-tables.ts';

export function sqlMessages(db: Database): Messages {
  return {
    async tell(messages) {
      for (const message of messages) await guarded(() => db.insertInto('messages').values(message).execute());
    },
    async message(id, projectId) {
      let select = db.selectFrom('messages').selectAll().where('id', '=', id);
      if (projectId !== null) select = select.where('project_id', '=', projectId);
      const row = await guarded(() => select.executeTakeFirst());
      return row && messageOf(row);
    },
    listMessages: async (query) => (await listRows(db, 'messages', query)).map(messageOf),
    countMessages: (query) => countRows(db, 'messages', query),
    async removeMessage(id) {
      await guarded(() => db.deleteFrom('messages').where('id', '=', id).execute());
    },
    async pruneMessages(now) {
      await guarded(() => db.deleteFrom('messages').where('guaranteed_until', '<', now).execute());
    },
  };
}

const messageOf = (row: MessageRow): Message => ({
  ...row,
  message_level: row.message_level as Message['message_level'],
  resource_type: row.resource_type as Message['resource_type'],
});

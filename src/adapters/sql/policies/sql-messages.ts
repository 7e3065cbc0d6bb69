import { MESSAGE, type Message } from '../../../domain/message.ts';
import type { Messages } from '../../../ports/stores/messages.ts';
import { guarded } from '../database/database-trouble.ts';
import { readRow, rowOf } from '../database/row-codec.ts';
import type { Database } from '../database/tables.ts';
import { countRows, listRows } from '../lists/list-rows.ts';
import type { MessageRow } from './policy-tables.ts';

export function sqlMessages(db: Database): Messages {
  return {
    async tell(messages) {
      for (const message of messages)
        await guarded(() => db.insertInto('messages').values(rowOf(MESSAGE, message)).execute());
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

const messageOf = (row: MessageRow): Message => readRow(MESSAGE, row);

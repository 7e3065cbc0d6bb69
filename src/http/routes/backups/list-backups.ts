import { listAnswer } from '../../list/list-answer.ts';
import { BACKUPS } from '../../list/list-spec.ts';
import { route } from '../../route.ts';
import { backupsAnswer } from '../../schemas/backup.ts';
import { backupView } from './backup-view.ts';

export const listBackups = route({
  method: 'get',
  path: '/v1/backups',
  operationId: 'listBackups',
  summary: 'List backups, newest first unless sorted otherwise',
  list: BACKUPS,
  answers: { 200: backupsAnswer },
  handle: (call) =>
    listAnswer(call, 'backups', BACKUPS, (request) => call.services.listBackups(call.caller, request), backupView),
});

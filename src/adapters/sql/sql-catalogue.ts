import type { Catalogue } from '../../ports/stores.ts';
import type { Clock } from '../../ports/system.ts';
import { backupChangeRow, backupOf, backupRow } from './backup-row.ts';
import { guarded } from './database-trouble.ts';
import { countRows, listRows } from './list-rows.ts';
import { restoreChangeRow, restoreOf } from './restore-row.ts';
import type { Database } from './tables.ts';

/** More backups of one server than any retention keeps. */
const MOST_BACKUPS_OF_SERVER = 10_000;

/**
 * Backups and restores as the API lists them. Changes set `updated_at` unless they bring one; a change of a row
 * that is not there changes nothing.
 */
export function sqlCatalogue(db: Database, clock: Clock): Catalogue {
  const now = (): string => new Date(clock.now()).toISOString();
  return {
    ...backupTable(db, now),
    async restore(id, projectId) {
      let select = db.selectFrom('restores').selectAll().where('id', '=', id);
      if (projectId !== null) select = select.where('project_id', '=', projectId);
      const row = await guarded(() => select.executeTakeFirst());
      return row && restoreOf(row);
    },
    listRestores: async (query) => (await listRows(db, 'restores', query)).map(restoreOf),
    countRestores: (query) => countRows(db, 'restores', query),
    async updateRestore(id, change) {
      const row = { updated_at: now(), ...restoreChangeRow(change) };
      await guarded(() => db.updateTable('restores').set(row).where('id', '=', id).execute());
    },
  };
}

type BackupTable = Omit<Catalogue, 'restore' | 'listRestores' | 'countRestores' | 'updateRestore'>;

function backupTable(db: Database, now: () => string): BackupTable {
  return {
    async backup(id, projectId) {
      let select = db.selectFrom('backups').selectAll().where('id', '=', id);
      if (projectId !== null) select = select.where('project_id', '=', projectId);
      const row = await guarded(() => select.executeTakeFirst());
      return row && backupOf(row);
    },
    listBackups: async (query) => (await listRows(db, 'backups', query)).map(backupOf),
    countBackups: (query) => countRows(db, 'backups', query),
    async backupsOfServer(serverId, projectId) {
      const select = db
        .selectFrom('backups')
        .selectAll()
        .where('server_id', '=', serverId)
        .where('project_id', '=', projectId)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(MOST_BACKUPS_OF_SERVER);
      return (await guarded(() => select.execute())).map(backupOf);
    },
    async updateBackup(id, change) {
      const row = { updated_at: now(), ...backupChangeRow(change) };
      await guarded(() => db.updateTable('backups').set(row).where('id', '=', id).execute());
    },
    async removeBackup(id) {
      await guarded(() => db.deleteFrom('backups').where('id', '=', id).execute());
    },
    async putBackup(backup) {
      await guarded(() => db.replaceInto('backups').values(backupRow(backup)).execute());
    },
  };
}

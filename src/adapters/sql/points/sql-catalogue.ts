import { BACKUP } from '../../../domain/points/backup.ts';
import type { RecordedServer } from '../../../domain/points/recorded-server.ts';
import type { Catalogue } from '../../../ports/stores/catalogue.ts';
import type { SnapshotCatalogue } from '../../../ports/stores/snapshot-catalogue.ts';
import type { Clock } from '../../../ports/system.ts';
import { json, parsed } from '../database/columns.ts';
import { guarded } from '../database/database-trouble.ts';
import { readRow } from '../database/row-codec.ts';
import type { Database } from '../database/tables.ts';
import { countRows, listRows } from '../lists/list-rows.ts';
import { adoptPoints } from './adopt-points.ts';
import { backupChangeRow, backupOf, backupRow } from './backup-row.ts';
import { restoreChangeRow, restoreOf } from './restore-row.ts';
import { snapshotTable } from './snapshot-table.ts';

/** More backups of one server than any retention keeps. */
const MOST_BACKUPS_OF_SERVER = 10_000;

/**
 * Backups, snapshots and restores as the API lists them. Changes set `updated_at` unless they contain one; a change of
 * a row that does not exist changes nothing.
 */
export function sqlCatalogue(db: Database, clock: Clock): Catalogue {
  const now = (): string => new Date(clock.now()).toISOString();
  return {
    ...backupTable(db, now),
    ...snapshotTable(db, now),
    ...recordedServers(db),
    adoptPoints: (points) => adoptPoints(db, points),
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

type Records = Pick<Catalogue, 'recordServer' | 'recordedServer'>;

function recordedServers(db: Database): Records {
  return {
    async recordServer(pointId, projectId, server) {
      const row = { point_id: pointId, project_id: projectId, record: json(server) };
      await guarded(() => db.replaceInto('recorded_servers').values(row).execute());
    },
    async recordedServer(pointId, projectId) {
      const select = db
        .selectFrom('recorded_servers')
        .select('record')
        .where('point_id', '=', pointId)
        .where('project_id', '=', projectId);
      const row = await guarded(() => select.executeTakeFirst());
      return row && parsed<RecordedServer>(row.record);
    },
  };
}

type BackupTable = Omit<
  Catalogue,
  | keyof SnapshotCatalogue
  | keyof Records
  | 'adoptPoints'
  | 'restore'
  | 'listRestores'
  | 'countRestores'
  | 'updateRestore'
>;

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
    async pointsOfPolicy({ policyId, projectId, serverId }, most) {
      let select = db
        .selectFrom('backups')
        .select(['id', 'server_id', 'target', 'planned_at', 'created_at', 'status', 'fail_code', 'protected'])
        .select('stored_bytes')
        .where('policy_id', '=', policyId)
        .where('project_id', '=', projectId);
      if (serverId !== undefined) select = select.where('server_id', '=', serverId);
      const newest = select.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(most);
      return (await guarded(() => newest.execute())).map((row) => readRow(BACKUP, row));
    },
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
    async keepBackup(id, change) {
      const row = { updated_at: now(), ...backupChangeRow(change) };
      const update = db.updateTable('backups').set(row).where('id', '=', id).where('status', '!=', 'deleting');
      return (await guarded(() => update.executeTakeFirst())).numUpdatedRows === 1n;
    },
    async removeBackup(id) {
      await guarded(() => db.deleteFrom('backups').where('id', '=', id).execute());
      await guarded(() => db.deleteFrom('recorded_servers').where('point_id', '=', id).execute());
    },
    async putBackup(backup) {
      await guarded(() => db.replaceInto('backups').values(backupRow(backup)).execute());
    },
  };
}

import type { SnapshotCatalogue } from '../../../ports/stores/snapshot-catalogue.ts';
import { guarded, transact } from '../database/database-trouble.ts';
import type { Database } from '../database/tables.ts';
import { countRows, listRows } from '../lists/list-rows.ts';
import { removeFromTree } from './remove-from-tree.ts';
import { listedSnapshotOf, snapshotChangeRow, snapshotOf, snapshotRow } from './snapshot-row.ts';

/** More snapshots of one server than are useful in a tree. */
const MOST_SNAPSHOTS_OF_SERVER = 10_000;

/** The snapshots of the catalogue, and each server's position in its tree. */
export function snapshotTable(db: Database, now: () => string): SnapshotCatalogue {
  return {
    async snapshot(id, projectId) {
      let select = db.selectFrom('snapshots').selectAll().where('id', '=', id);
      if (projectId !== null) select = select.where('project_id', '=', projectId);
      const row = await guarded(() => select.executeTakeFirst());
      return row && snapshotOf(row);
    },
    listSnapshots: async (query) => (await listRows(db, 'snapshots', query)).map(listedSnapshotOf),
    countSnapshots: (query) => countRows(db, 'snapshots', query),
    async snapshotsOfServer(serverId, projectId) {
      const select = db
        .selectFrom('snapshots')
        .selectAll()
        .where('server_id', '=', serverId)
        .where('project_id', '=', projectId)
        .orderBy('created_at')
        .orderBy('id')
        .limit(MOST_SNAPSHOTS_OF_SERVER);
      return (await guarded(() => select.execute())).map(snapshotOf);
    },
    async updateSnapshot(id, change) {
      const row = { updated_at: now(), ...snapshotChangeRow(change) };
      await guarded(() => db.updateTable('snapshots').set(row).where('id', '=', id).execute());
    },
    async keepSnapshot(id, change) {
      const row = { updated_at: now(), ...snapshotChangeRow(change) };
      const update = db.updateTable('snapshots').set(row).where('id', '=', id).where('status', '!=', 'deleting');
      return (await guarded(() => update.executeTakeFirst())).numUpdatedRows === 1n;
    },
    async putSnapshot(snapshot) {
      await guarded(() => db.replaceInto('snapshots').values(snapshotRow(snapshot)).execute());
    },
    removeSnapshot: (id) => transact(db, (tx) => removeFromTree(tx, id)),
    ...positions(db),
  };
}

function positions(db: Database): Pick<SnapshotCatalogue, 'position' | 'setPosition'> {
  return {
    async position(serverId, projectId) {
      const select = db
        .selectFrom('server_positions')
        .select('snapshot_id')
        .where('server_id', '=', serverId)
        .where('project_id', '=', projectId);
      return (await guarded(() => select.executeTakeFirst()))?.snapshot_id ?? null;
    },
    async setPosition(serverId, projectId, snapshotId) {
      await transact(db, async (tx) => {
        await tx.deleteFrom('server_positions').where('server_id', '=', serverId).execute();
        if (snapshotId === null) return;
        const row = { server_id: serverId, project_id: projectId, snapshot_id: snapshotId };
        await tx.insertInto('server_positions').values(row).execute();
      });
    },
  };
}

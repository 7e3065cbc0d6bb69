import type { ServedDisks } from '../../../ports/stores/served-disks.ts';
import { exact, json, parsed } from '../database/columns.ts';
import { guarded, transact } from '../database/database-trouble.ts';
import type { Database } from '../database/tables.ts';

export function sqlServedDisks(db: Database): ServedDisks {
  return {
    async open(token_sha256, { runs, ...disk }) {
      await transact(db, async (tx) => {
        const older = tx.deleteFrom('served_disks').where('operation_id', '=', disk.operation_id);
        await older.where('disk_id', '=', disk.disk_id).execute();
        await tx
          .insertInto('served_disks')
          .values({ token_sha256, ...disk, runs: json(runs) })
          .execute();
      });
    },
    async find(token_sha256) {
      const select = db
        .selectFrom('served_disks')
        .innerJoin('operations', 'operations.id', 'served_disks.operation_id')
        .selectAll('served_disks')
        .where('served_disks.token_sha256', '=', token_sha256)
        .where('operations.status', 'in', ['queued', 'running']);
      const row = await guarded(() => select.executeTakeFirst());
      if (!row) return undefined;
      const { token_sha256: _token, runs, size_bytes, virtual_bytes, ...ids } = row;
      return { ...ids, runs: parsed(runs), size_bytes: exact(size_bytes), virtual_bytes: exact(virtual_bytes) };
    },
    async close(operationId, diskId) {
      const rows = db.deleteFrom('served_disks').where('operation_id', '=', operationId);
      await guarded(() => rows.where('disk_id', '=', diskId).execute());
    },
  };
}

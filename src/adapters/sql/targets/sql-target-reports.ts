import type { TargetReports } from '../../../ports/stores/target-reports.ts';
import { bit, exactOrNull } from '../database/columns.ts';
import { guarded, transact } from '../database/database-trouble.ts';
import type { Database } from '../database/tables.ts';

/** Reports of hosts that were replaced long ago do not pile up. */
const MOST_REPORTS = 10_000;

export function sqlTargetReports(db: Database): TargetReports {
  return {
    async put(report) {
      const { target, host } = report;
      await transact(db, async (tx) => {
        await tx.deleteFrom('target_reports').where('target', '=', target).where('host', '=', host).execute();
        await tx
          .insertInto('target_reports')
          .values({ ...report, available: bit(report.available) })
          .execute();
      });
    },
    async list() {
      const select = db
        .selectFrom('target_reports')
        .selectAll()
        .orderBy('reported_at', 'desc')
        .orderBy('host')
        .limit(MOST_REPORTS);
      const rows = await guarded(() => select.execute());
      return rows.map((row) => ({
        ...row,
        available: row.available === 1,
        total_bytes: exactOrNull(row.total_bytes),
        free_bytes: exactOrNull(row.free_bytes),
      }));
    },
  };
}

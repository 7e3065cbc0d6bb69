import { RewindError } from '../../../src/domain/errors.ts';
import { busy } from '../../../src/domain/operations/busy.ts';
import { collide, type Hold } from '../../../src/domain/operations/holds.ts';
import type { JournalEntry, Operation } from '../../../src/domain/operations/operation.ts';
import { isReached, type Limits, overQuota, type QuotaResource } from '../../../src/domain/operations/quota.ts';
import type { Backup } from '../../../src/domain/points/backup.ts';
import type { RecordedServer } from '../../../src/domain/points/recorded-server.ts';
import type { Restore } from '../../../src/domain/points/restore.ts';
import type { Snapshot } from '../../../src/domain/points/snapshot.ts';
import type { TargetReport } from '../../../src/domain/targets/target-report.ts';
import type { Catalogue } from '../../../src/ports/stores/catalogue.ts';
import type { ListQuery } from '../../../src/ports/stores/list-query.ts';
import type { ManifestCopies } from '../../../src/ports/stores/manifest-copies.ts';
import type { NewOperation, Operations } from '../../../src/ports/stores/operations.ts';
import type { TargetReports } from '../../../src/ports/stores/target-reports.ts';
import type { MemoryPolicies } from './memory-policies.ts';
import { operation } from './rows.ts';

type Row = { id: string; project_id: string };

/** Catalogue and operations in memory, with the promises of the ports and nothing else. */
export class MemoryStores {
  backups = new Map<string, Backup>();
  recorded = new Map<string, RecordedServer>();
  restores = new Map<string, Restore>();
  snapshots = new Map<string, Snapshot>();
  /** Server → snapshot. */
  positions = new Map<string, string>();
  operationRows = new Map<string, Operation>();
  holds = new Map<string, readonly Hold[]>();
  journal: JournalEntry[] = [];
  copies = new Map<string, string>();
  reports: TargetReport[] = [];
  /** Where runs of policies are, for those that have any. */
  policies: MemoryPolicies | undefined;
  private readonly before = new Map<
    string,
    { entry: NewOperation; backup: Backup | undefined; snapshot: Snapshot | undefined }
  >();

  readonly targetReports: TargetReports = {
    put: async (report) => {
      this.reports = [
        report,
        ...this.reports.filter((one) => one.target !== report.target || one.host !== report.host),
      ];
    },
    list: async () => this.reports,
  };

  readonly catalogue: Catalogue = {
    backup: async (id, project) => visible(this.backups.get(id), project),
    listBackups: async (query) => page([...this.backups.values()], query),
    countBackups: async (query) => matching([...this.backups.values()], query).length,
    pointsOfPolicy: async ({ policyId, projectId, serverId }, most) =>
      [...this.backups.values()]
        .filter((one) => one.policy_id === policyId && one.project_id === projectId)
        .filter((one) => serverId === undefined || one.server_id === serverId)
        .slice(0, most),
    backupsOfServer: async (serverId, project) =>
      [...this.backups.values()].filter((b) => b.server_id === serverId && b.project_id === project),
    updateBackup: async (id, change) => {
      const backup = this.backups.get(id);
      if (backup) this.backups.set(id, { ...backup, ...change });
    },
    removeBackup: async (id) => {
      this.backups.delete(id);
    },
    keepBackup: async (id, change) => {
      const backup = this.backups.get(id);
      if (!backup || backup.status === 'deleting') return false;
      this.backups.set(id, { ...backup, ...change });
      return true;
    },
    putBackup: async (backup) => {
      this.backups.set(backup.id, backup);
    },
    adoptPoints: async (points) => {
      const fresh = points.filter(({ backup }) => !this.backups.has(backup.id));
      for (const { backup } of fresh) this.backups.set(backup.id, backup);
      for (const { backup, sealed, server } of points) {
        this.copies.set(backup.id, sealed);
        this.recorded.set(backup.id, server);
      }
      return new Set(fresh.map(({ backup }) => backup.id));
    },
    recordServer: async (id, _project, server) => {
      this.recorded.set(id, server);
    },
    recordedServer: async (id, project) => visible(this.backups.get(id), project) && this.recorded.get(id),
    restore: async (id, project) => visible(this.restores.get(id), project),
    listRestores: async (query) => page([...this.restores.values()], query),
    countRestores: async (query) => matching([...this.restores.values()], query).length,
    snapshot: async (id, project) => visible(this.snapshots.get(id), project),
    listSnapshots: async (query) => page([...this.snapshots.values()], query),
    countSnapshots: async (query) => matching([...this.snapshots.values()], query).length,
    snapshotsOfServer: async (serverId, project) =>
      [...this.snapshots.values()].filter((one) => one.server_id === serverId && one.project_id === project),
    updateSnapshot: async (id, change) => {
      const snapshot = this.snapshots.get(id);
      if (snapshot) this.snapshots.set(id, { ...snapshot, ...change });
    },
    keepSnapshot: async (id, change) => {
      const snapshot = this.snapshots.get(id);
      if (!snapshot || snapshot.status === 'deleting') return false;
      this.snapshots.set(id, { ...snapshot, ...change });
      return true;
    },
    putSnapshot: async (snapshot) => {
      this.snapshots.set(snapshot.id, snapshot);
    },
    removeSnapshot: async (id) => {
      this.snapshots.delete(id);
    },
    position: async (serverId) => this.positions.get(serverId) ?? null,
    setPosition: async (serverId, _project, snapshotId) => {
      if (snapshotId === null) this.positions.delete(serverId);
      else this.positions.set(serverId, snapshotId);
    },
    updateRestore: async (id, change) => {
      const restore = this.restores.get(id);
      if (restore) this.restores.set(id, { ...restore, ...change });
    },
  };

  readonly manifestCopies: ManifestCopies = {
    keep: async (id, sealed) => {
      if (this.backups.has(id)) this.copies.set(id, sealed);
    },
    find: async (id) => this.copies.get(id),
  };

  readonly operations: Operations = {
    record: async (entry) => this.record(entry),
    forget: async (id) => this.forget(id),
    operation: async (id, project) => visible(this.operationRows.get(id), project),
    list: async (query) => page([...this.operationRows.values()], query),
    count: async (query) => matching([...this.operationRows.values()], query).length,
    steps: async (id) => this.journal.filter((line) => line.operation_id === id),
    holderOf: async (thing) => this.inTheWay([{ thing, exclusive: true }])?.id,
    inTheWay: async (holds) => this.inTheWay(holds),
    requestCancel: async (id) => {
      const operation = this.operationRows.get(id);
      if (operation) this.operationRows.set(id, { ...operation, cancel_requested: true });
    },
    prune: async (endedBefore, most) => {
      const old = [...this.operationRows.values()].filter((one) => (one.finished_at ?? '9') < endedBefore);
      for (const { id } of old.slice(0, most)) this.operationRows.delete(id);
      return Math.min(old.length, most);
    },
    countOpen: async (project) => {
      // a turn of the event loop, as a database would take
      await new Promise((resolve) => setImmediate(resolve));
      return [...this.operationRows.values()].filter(
        (one) => one.project_id === project && (one.status === 'queued' || one.status === 'running'),
      ).length;
    },
  };

  used(project: string): Limits {
    const mine = <T extends { project_id: string; status: string }>(rows: Map<string, T>, wanted: string[]) =>
      [...rows.values()].filter((row) => row.project_id === project && wanted.includes(row.status));
    const [backups, snapshots] = [this.backups, this.snapshots].map((rows) =>
      mine<Backup | Snapshot>(rows as Map<string, Backup | Snapshot>, ['creating', 'available', 'deleting']),
    );
    const bytes = (backups as Backup[]).reduce((sum, one) => sum + (one.stored_bytes ?? 0), 0);
    const snapshot_bytes = (snapshots as Snapshot[]).reduce((sum, one) => sum + (one.size_bytes ?? 0), 0);
    const operations = mine(this.operationRows, ['queued', 'running']).length;
    return { points: (backups?.length ?? 0) + (snapshots?.length ?? 0), bytes, snapshot_bytes, operations };
  }

  private requireQuota({ limits, operation, backup, snapshot }: NewOperation): void {
    if (!limits) return;
    const used = this.used(operation.project_id);
    const makes: QuotaResource[] = ['operations'];
    if (backup) makes.push('points', 'bytes');
    if (snapshot) makes.push('points', 'snapshot_bytes');
    for (const one of makes) if (isReached(limits[one], used[one])) throw overQuota(one, limits[one]);
  }

  private record(entry: NewOperation): void {
    this.requireQuota(entry);
    const blocking = this.inTheWay(entry.holds);
    if (blocking) throw busy(blocking, entry.operation.project_id);
    this.beginRun(entry);
    const changed = entry.backupChange ? this.backups.get(entry.backupChange.id) : undefined;
    const other = entry.snapshotChange ? this.snapshots.get(entry.snapshotChange.id) : undefined;
    if (entry.backupChange?.change.status === 'deleting' && changed) refuseDeletion('backup', changed);
    if (entry.snapshotChange?.change.status === 'deleting' && other) refuseDeletion('snapshot', other);
    const { expiredAt } = entry.snapshotChange ?? {};
    if (expiredAt !== undefined && (other?.expires_at ?? '9') >= expiredAt)
      throw new RewindError('snapshot.kept', 'Kept.');
    this.before.set(entry.operation.id, { entry, backup: changed, snapshot: other });
    this.operationRows.set(entry.operation.id, entry.operation);
    if (entry.holds.length > 0) this.holds.set(entry.operation.id, entry.holds);
    if (entry.backup) this.backups.set(entry.backup.id, entry.backup);
    if (entry.restore) this.restores.set(entry.restore.id, entry.restore);
    if (entry.snapshot) this.snapshots.set(entry.snapshot.id, entry.snapshot);
    if (entry.snapshotChange && other)
      this.snapshots.set(entry.snapshotChange.id, { ...other, ...entry.snapshotChange.change });
    if (entry.backupChange && changed)
      this.backups.set(entry.backupChange.id, { ...changed, ...entry.backupChange.change });
  }

  private inTheWay(holds: readonly Hold[]): Operation | undefined {
    for (const [id, held] of this.holds) {
      const one = this.operationRows.get(id) ?? operation({ id });
      if ((one.status === 'queued' || one.status === 'running') && collide(held, holds)) return one;
    }
    return undefined;
  }

  private beginRun({ policyRun, operation, backup }: NewOperation): void {
    if (!policyRun) return;
    const run = this.policies?.runs.get(policyRun.id);
    if (run?.status !== 'waiting') throw new RewindError('policy-run.taken', 'Begun already.');
    const begun = { operation_id: operation.id, backup_id: backup?.id ?? null, places: policyRun.places };
    this.policies?.runs.set(run.id, { ...run, ...begun, status: 'submitted', fail_code: null, fail_reason: null });
  }

  private forget(id: string): boolean {
    const known = this.before.get(id);
    if (!known || this.operationRows.get(id)?.status !== 'queued') return false;
    this.operationRows.delete(id);
    this.holds.delete(id);
    const run = this.policies?.runs.get(known.entry.policyRun?.id ?? '');
    if (run) this.policies?.runs.set(run.id, { ...run, status: 'waiting', operation_id: null, backup_id: null });
    if (known.entry.backup) this.backups.delete(known.entry.backup.id);
    if (known.entry.restore) this.restores.delete(known.entry.restore.id);
    if (known.entry.snapshot) this.snapshots.delete(known.entry.snapshot.id);
    if (known.snapshot) this.snapshots.set(known.snapshot.id, known.snapshot);
    if (known.backup) this.backups.set(known.backup.id, known.backup);
    return true;
  }
}

function refuseDeletion(what: 'backup' | 'snapshot', point: Pick<Backup, 'protected' | 'status'>): void {
  if (point.protected) throw new RewindError(`${what}.protected`);
  if (point.status === 'creating' || point.status === 'deleting') throw new RewindError(`${what}.busy`);
}

export function visible<T extends Row>(row: T | undefined, project: string | null): T | undefined {
  return project === null || row?.project_id === project ? row : undefined;
}

export function page<T extends Row>(rows: T[], query: ListQuery): T[] {
  const sort = query.sort.length > 0 ? query.sort : [{ field: 'created_at', descending: true }];
  const sorted = matching(rows, query).sort((a, b) => {
    for (const { field, descending } of [...sort, { field: 'id', descending: false }]) {
      const order = compare(a, b, field);
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  });
  if (query.marker === null) return sorted.slice(0, query.limit);
  const at = sorted.findIndex((row) => row.id === query.marker);
  if (at < 0) throw new RewindError('marker.unknown');
  return sorted.slice(at + 1, at + 1 + query.limit);
}

export function matching<T extends Row>(rows: T[], { projectId, filters }: ListQuery): T[] {
  return rows.filter(
    (row) => (projectId === null || row.project_id === projectId) && filters.every((filter) => holds(row, filter)),
  );
}

function holds(row: Row, { field, op, values, exacter = false }: ListQuery['filters'][number]): boolean {
  const value = (row as unknown as Record<string, unknown>)[field];
  const text = String(value);
  const first = values[0] ?? '';
  const order = typeof value === 'number' ? value - Number(first) : text < first ? -1 : Number(text > first);
  const listed = () => values.some((one) => text === one || (exacter && text.startsWith(`${one}.`)));
  switch (op) {
    case 'eq':
      return text === first;
    case 'neq':
      return text !== first;
    case 'in':
      return listed();
    case 'nin':
      return !listed();
    case 'gt':
      return order > 0;
    case 'gte':
      return order >= 0;
    case 'lt':
      return order < 0;
    case 'lte':
      return order <= 0;
  }
}

function compare(a: Row, b: Row, field: string): number {
  const [left, right] = [a, b].map((row) => (row as unknown as Record<string, string | number>)[field]);
  return left === right ? 0 : (left ?? '') < (right ?? '') ? -1 : 1;
}

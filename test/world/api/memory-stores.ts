import type { Backup } from '../../../src/domain/backup.ts';
import { RewindError } from '../../../src/domain/errors.ts';
import type { JournalEntry, Operation } from '../../../src/domain/operation.ts';
import type { Restore } from '../../../src/domain/restore.ts';
import type { Catalogue, ListQuery, NewOperation, Operations } from '../../../src/ports/stores.ts';

type Row = { id: string; project_id: string };

/** Catalogue and operations in memory, with the promises of the ports and nothing else. */
export class MemoryStores {
  backups = new Map<string, Backup>();
  restores = new Map<string, Restore>();
  operationRows = new Map<string, Operation>();
  holds = new Map<string, string>();
  journal: JournalEntry[] = [];
  private readonly before = new Map<string, { entry: NewOperation; backup: Backup | undefined }>();

  readonly catalogue: Catalogue = {
    backup: async (id, project) => visible(this.backups.get(id), project),
    listBackups: async (query) => page([...this.backups.values()], query),
    countBackups: async (query) => matching([...this.backups.values()], query).length,
    backupsOfServer: async (serverId, project) =>
      [...this.backups.values()].filter((b) => b.server_id === serverId && b.project_id === project),
    updateBackup: async (id, change) => {
      const backup = this.backups.get(id);
      if (backup) this.backups.set(id, { ...backup, ...change });
    },
    removeBackup: async (id) => {
      this.backups.delete(id);
    },
    putBackup: async (backup) => {
      this.backups.set(backup.id, backup);
    },
    restore: async (id, project) => visible(this.restores.get(id), project),
    listRestores: async (query) => page([...this.restores.values()], query),
    countRestores: async (query) => matching([...this.restores.values()], query).length,
    updateRestore: async (id, change) => {
      const restore = this.restores.get(id);
      if (restore) this.restores.set(id, { ...restore, ...change });
    },
  };

  readonly operations: Operations = {
    record: async (entry) => this.record(entry),
    forget: async (id) => this.forget(id),
    operation: async (id, project) => visible(this.operationRows.get(id), project),
    list: async (query) => page([...this.operationRows.values()], query),
    count: async (query) => matching([...this.operationRows.values()], query).length,
    steps: async (id) => this.journal.filter((line) => line.operation_id === id),
    holderOf: async (serverId) => this.holds.get(serverId),
    requestCancel: async (id) => {
      const operation = this.operationRows.get(id);
      if (operation) this.operationRows.set(id, { ...operation, cancel_requested: true });
    },
    countOpen: async (project) => {
      // a turn of the event loop, as a database would take
      await new Promise((resolve) => setImmediate(resolve));
      return [...this.operationRows.values()].filter(
        (one) => one.project_id === project && (one.status === 'queued' || one.status === 'running'),
      ).length;
    },
  };

  private record(entry: NewOperation): void {
    for (const server of entry.holdServers)
      if (this.holds.has(server))
        throw new RewindError('server.busy', 'Another operation is working on this server.', { status: 409 });
    const changed = entry.backupChange ? this.backups.get(entry.backupChange.id) : undefined;
    this.before.set(entry.operation.id, { entry, backup: changed });
    this.operationRows.set(entry.operation.id, entry.operation);
    for (const server of entry.holdServers) this.holds.set(server, entry.operation.id);
    if (entry.backup) this.backups.set(entry.backup.id, entry.backup);
    if (entry.restore) this.restores.set(entry.restore.id, entry.restore);
    if (entry.backupChange && changed)
      this.backups.set(entry.backupChange.id, { ...changed, ...entry.backupChange.change });
  }

  private forget(id: string): boolean {
    const known = this.before.get(id);
    if (!known || this.operationRows.get(id)?.status !== 'queued') return false;
    this.operationRows.delete(id);
    for (const [server, holder] of this.holds) if (holder === id) this.holds.delete(server);
    if (known.entry.backup) this.backups.delete(known.entry.backup.id);
    if (known.entry.restore) this.restores.delete(known.entry.restore.id);
    if (known.backup) this.backups.set(known.backup.id, known.backup);
    return true;
  }
}

function visible<T extends Row>(row: T | undefined, project: string | null): T | undefined {
  return project === null || row?.project_id === project ? row : undefined;
}

function page<T extends Row>(rows: T[], query: ListQuery): T[] {
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
  if (at < 0) throw new RewindError('marker.unknown', 'The marker names nothing in this list.', { status: 400 });
  return sorted.slice(at + 1, at + 1 + query.limit);
}

function matching<T extends Row>(rows: T[], { projectId, filters }: ListQuery): T[] {
  return rows.filter(
    (row) => (projectId === null || row.project_id === projectId) && filters.every((filter) => holds(row, filter)),
  );
}

function holds(row: Row, { field, op, values }: ListQuery['filters'][number]): boolean {
  const value = (row as unknown as Record<string, unknown>)[field];
  const text = String(value);
  const first = values[0] ?? '';
  const order = typeof value === 'number' ? value - Number(first) : text < first ? -1 : Number(text > first);
  switch (op) {
    case 'eq':
      return text === first;
    case 'neq':
      return text !== first;
    case 'in':
      return values.includes(text);
    case 'nin':
      return !values.includes(text);
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

import type { Backup } from '../../domain/points/backup.ts';
import type { RecordedServer } from '../../domain/points/recorded-server.ts';
import type { Restore } from '../../domain/points/restore.ts';
import type { PolicyPoint } from '../../domain/points/retained-point.ts';
import type { ListQuery } from './list-query.ts';
import type { SnapshotCatalogue } from './snapshot-catalogue.ts';

/** Rejects with `vm-backup.marker.unknown` (400) when the marker names nothing of this project. */
export interface Catalogue extends SnapshotCatalogue {
  backup(id: string, projectId: string | null): Promise<Backup | undefined>;
  listBackups(query: ListQuery): Promise<Backup[]>;
  countBackups(query: ListQuery): Promise<number>;
  /** What a policy made, of all servers or of one, newest first; at most `most`. Only what retention looks at. */
  pointsOfPolicy(of: { policyId: string; projectId: string; serverId?: string }, most: number): Promise<PolicyPoint[]>;
  /** All of one server, any status, newest first. */
  backupsOfServer(serverId: string, projectId: string): Promise<Backup[]>;
  updateBackup(id: string, change: Partial<Backup>): Promise<void>;
  /** False, and nothing is changed: it is being deleted. */
  keepBackup(id: string, change: Partial<Backup>): Promise<boolean>;
  removeBackup(id: string): Promise<void>;
  /** Insert or replace: how the catalogue is rebuilt from manifests. */
  putBackup(backup: Backup): Promise<void>;
  /**
   * Backups that lie on a target come in with all that belongs to them, many in one transaction. Returns the ids of those
   * that were not there; of the others the row stays as it is, as it may have been renamed.
   */
  adoptPoints(points: readonly AdoptedPoint[]): Promise<Set<string>>;
  /** The server of a recovery point as it was, for planning a new one; goes with the point. Insert or replace. */
  recordServer(pointId: string, projectId: string, server: RecordedServer): Promise<void>;
  recordedServer(pointId: string, projectId: string): Promise<RecordedServer | undefined>;
  restore(id: string, projectId: string | null): Promise<Restore | undefined>;
  listRestores(query: ListQuery): Promise<Restore[]>;
  countRestores(query: ListQuery): Promise<number>;
  updateRestore(id: string, change: Partial<Restore>): Promise<void>;
}

export interface AdoptedPoint {
  backup: Backup;
  /** The manifest as it lies on the target. */
  sealed: string;
  server: RecordedServer;
}

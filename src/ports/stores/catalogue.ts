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
  /**
   * What a policy made, for all servers or for one, newest first; at most `most`. Only the fields that retention needs.
   */
  pointsOfPolicy(of: { policyId: string; projectId: string; serverId?: string }, most: number): Promise<PolicyPoint[]>;
  /** All backups of one server, with any status, newest first. */
  backupsOfServer(serverId: string, projectId: string): Promise<Backup[]>;
  updateBackup(id: string, change: Partial<Backup>): Promise<void>;
  /** False: nothing is changed, because it is being deleted. */
  keepBackup(id: string, change: Partial<Backup>): Promise<boolean>;
  removeBackup(id: string): Promise<void>;
  /** Insert or replace: how the catalogue is rebuilt from manifests. */
  putBackup(backup: Backup): Promise<void>;
  /**
   * Adds backups that lie on a target with all that belongs to them, many in one transaction. Returns the ids of those
   * that were new; the rows of the others stay as they are, as they may have been renamed.
   */
  adoptPoints(points: readonly AdoptedPoint[]): Promise<Set<string>>;
  /**
   * Records the server of a recovery point as it was, for planning a new one; it goes with the point. Insert or
   * replace.
   */
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

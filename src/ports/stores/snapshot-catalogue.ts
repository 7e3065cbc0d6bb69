import type { ListedSnapshot, Snapshot } from '../../domain/points/snapshot.ts';
import type { ListQuery } from './list-query.ts';

/** Snapshots form a tree for each server; its position is the snapshot from which its content went on last. */
export interface SnapshotCatalogue {
  snapshot(id: string, projectId: string | null): Promise<Snapshot | undefined>;
  listSnapshots(query: ListQuery): Promise<ListedSnapshot[]>;
  countSnapshots(query: ListQuery): Promise<number>;
  /** All snapshots of one server, with any status, oldest first. */
  snapshotsOfServer(serverId: string, projectId: string): Promise<Snapshot[]>;
  updateSnapshot(id: string, change: Partial<Snapshot>): Promise<void>;
  /** False: nothing is changed, because it is being deleted. */
  keepSnapshot(id: string, change: Partial<Snapshot>): Promise<boolean>;
  /** Insert or replace. */
  putSnapshot(snapshot: Snapshot): Promise<void>;
  /** Its children get its parent as theirs, and so does a server whose position it was. An absent snapshot is fine. */
  removeSnapshot(id: string): Promise<void>;
  /** Null: the server's content goes on from no snapshot. */
  position(serverId: string, projectId: string): Promise<string | null>;
  setPosition(serverId: string, projectId: string, snapshotId: string | null): Promise<void>;
}

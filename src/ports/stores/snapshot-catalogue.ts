import type { ListedSnapshot, Snapshot } from '../../domain/points/snapshot.ts';
import type { ListQuery } from './list-query.ts';

/** Snapshots form a tree for each server; its position is the one its content went on from last. */
export interface SnapshotCatalogue {
  snapshot(id: string, projectId: string | null): Promise<Snapshot | undefined>;
  listSnapshots(query: ListQuery): Promise<ListedSnapshot[]>;
  countSnapshots(query: ListQuery): Promise<number>;
  /** All of one server, any status, oldest first. */
  snapshotsOfServer(serverId: string, projectId: string): Promise<Snapshot[]>;
  updateSnapshot(id: string, change: Partial<Snapshot>): Promise<void>;
  /** False, and nothing is changed: it is being deleted. */
  keepSnapshot(id: string, change: Partial<Snapshot>): Promise<boolean>;
  /** Insert or replace. */
  putSnapshot(snapshot: Snapshot): Promise<void>;
  /** Its children become its parent's; a server that stands there stands at its parent then. Absent is fine. */
  removeSnapshot(id: string): Promise<void>;
  /** Null: what the server holds goes on from none. */
  position(serverId: string, projectId: string): Promise<string | null>;
  setPosition(serverId: string, projectId: string, snapshotId: string | null): Promise<void>;
}

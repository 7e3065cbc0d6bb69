import { archiveHoldId, arrivalsHoldId, backupsHoldId, disksHoldId } from '../names.ts';
import type { WorkflowName } from './operation.ts';

/** A thing that an open operation has for itself (exclusive), or shares with others that only use it. */
export interface Hold {
  /** The UUID of a server, a volume, a backup or a snapshot, or one derived from a server's. */
  thing: string;
  exclusive: boolean;
}

/** What is known of an operation when it is requested. */
export interface HeldThings {
  /** The server that is acted on, or of which the point was made. */
  serverId: string;
  /** The backup that is read or repaired. */
  backupId?: string | null;
  /** The snapshot that is read or deleted. */
  snapshotId?: string | null;
  /** The server that gets new volumes. */
  attachTo?: string | null;
  /** Volumes of the server that are snapped, replaced or detached. */
  volumeIds?: readonly string[];
  /** True: snaps on the server's disks are read. */
  readsDisks?: boolean;
}

type Way = 'shared' | 'exclusive';

const THINGS = {
  /** The server: its state, and the snaps on its disks. */
  server: ({ serverId }) => [serverId],
  /** The same, where snaps on its disks are read. */
  source: ({ serverId, readsDisks }) => (readsDisks ? [serverId] : []),
  /** The server to which volumes are attached. */
  attached: ({ attachTo }) => some(attachTo),
  /** Its volumes, which may go to another server or project meanwhile. */
  volumes: ({ volumeIds }) => [...(volumeIds ?? [])],
  /** Which images are its disks. */
  disks: ({ serverId }) => [disksHoldId(serverId)],
  /** What targets have of the server. */
  backups: ({ serverId }) => [backupsHoldId(serverId)],
  /** What comes to a target from elsewhere. */
  arrivals: ({ serverId }) => [arrivalsHoldId(serverId)],
  /** The manifests that are rewritten. */
  archive: ({ serverId }) => [archiveHoldId(serverId)],
  backup: ({ backupId }) => some(backupId),
  snapshot: ({ snapshotId }) => some(snapshotId),
  /** What a restore reads: for a backup what targets have of the server, for a snapshot the snaps where they are. */
  point: ({ serverId, backupId, snapshotId }) => [
    ...(backupId ? [backupId, backupsHoldId(serverId)] : []),
    ...(snapshotId ? [snapshotId, disksHoldId(serverId)] : []),
  ],
} satisfies Record<string, (of: HeldThings) => string[]>;

const some = (id: string | null | undefined): string[] => (id ? [id] : []);

/**
 * Recipe → what it holds, and how: this alone decides which operations may run beside each other. An operation that
 * only reads shares; one that changes disks, snaps or a chain excludes. A compaction removes nothing that is named, and
 * only the sweep and deletions remove what it leaves over: so it runs beside readers.
 */
export const HOLDS: Record<WorkflowName, Partial<Record<keyof typeof THINGS, Way>>> = {
  'create-backup/1': { server: 'exclusive', volumes: 'shared', backups: 'shared' },
  // It waits for a compaction by itself, see await-compaction.ts.
  'delete-backup/1': { server: 'exclusive', backups: 'exclusive', backup: 'exclusive' },
  'verify-backup/1': { source: 'shared', backups: 'shared', backup: 'shared' },
  'import-backup/1': { backups: 'shared', arrivals: 'exclusive' },
  'repair-backup/1': { server: 'exclusive', backups: 'exclusive', archive: 'exclusive' },
  'copy-backup/1': { backups: 'shared', backup: 'shared', arrivals: 'exclusive' },
  'compact-backup/1': { archive: 'exclusive' },
  'sweep-runs/1': { backups: 'exclusive', archive: 'exclusive' },
  'restore-volumes/1': { point: 'shared', attached: 'exclusive' },
  'restore-in-place/1': { server: 'exclusive', disks: 'exclusive', volumes: 'exclusive', point: 'shared' },
  'restore-new-server/1': { point: 'shared' },
  'create-snapshot/1': { server: 'exclusive', volumes: 'shared' },
  'delete-snapshot/1': { server: 'exclusive', snapshot: 'exclusive' },
  'revert-snapshot/1': { server: 'exclusive', disks: 'exclusive', volumes: 'exclusive', point: 'shared' },
};

/** In the order of their ids, each thing once, exclusive if any of its uses is. */
export function holdsOf(workflow: WorkflowName, things: HeldThings): Hold[] {
  const held = new Map<string, boolean>();
  for (const [what, way] of Object.entries(HOLDS[workflow])) {
    for (const thing of THINGS[what as keyof typeof THINGS](things))
      held.set(thing, way === 'exclusive' || (held.get(thing) ?? false));
  }
  return [...held].map(([thing, exclusive]) => ({ thing, exclusive })).sort((a, b) => (a.thing < b.thing ? -1 : 1));
}

/** Whether one of them may not be taken while the others are. */
export const collide = (some: readonly Hold[], others: readonly Hold[]): boolean =>
  some.some((one) => others.some((other) => one.thing === other.thing && (one.exclusive || other.exclusive)));

/** What Nova says about a server, about what was requested for it, and about where it is being moved. */
export interface SeenByNova {
  /** Undefined: Nova does not know this server, or no longer. */
  server: SeenServer | undefined;
  /** The newest requested rebuild or evacuation; undefined: none that Nova remembers. */
  asked: SeenAction | undefined;
  migrations: readonly SeenMigration[];
}

export interface SeenServer {
  /** ACTIVE, SHUTOFF, DELETED, … */
  status: string;
  vmState: string | null;
  taskState: string | null;
  /** UP, DOWN, UNKNOWN, MAINTENANCE; null: Nova does not say, or it is on no host. */
  hostStatus: string | null;
  /** Null: it boots from a volume. */
  imageId: string | null;
}

/** A row of os-instance-actions. */
export interface SeenAction {
  action: 'rebuild' | 'evacuate';
  requestId: string;
  startedAt: string | null;
  /** True: the host's part of it has ended, or all of it has failed. */
  over: boolean;
}

/** A row of os-migrations. */
export interface SeenMigration {
  /** evacuation, migration, live-migration, resize */
  type: string;
  /** accepted, pre-migrating, …, done, failed */
  status: string;
  createdAt: string | null;
}

/**
 * `destroys`: Nova is about to remove every disk that it made for the server. `keeps`: it will not touch what is on
 * them. `gone`: the server no longer exists, and its disks belong to nobody. `unknown`: it may be either of the first
 * two.
 */
type Intent = 'destroys' | 'keeps' | 'gone' | 'unknown';

export interface NovaIntent {
  disks: Intent;
  /** For the log. */
  why: string;
}

/**
 * Task states of Nova's nova/compute/task_states.py, except those that are decided below. None of them ends with the
 * removal of its disks.
 */
const KEEPING = new Set([
  ...['scheduling', 'block_device_mapping', 'networking', 'spawning'],
  ...['image_snapshot', 'image_snapshot_pending', 'image_pending_upload', 'image_uploading', 'image_backup'],
  ...['updating_password', 'resize_prep', 'resize_migrating', 'resize_migrated', 'resize_finish'],
  ...['resize_reverting', 'resize_confirming', 'migrating'],
  ...['rebooting', 'reboot_pending', 'reboot_started', 'rebooting_hard', 'reboot_pending_hard', 'reboot_started_hard'],
  ...['pausing', 'unpausing', 'suspending', 'resuming', 'powering-off', 'powering-on', 'rescuing', 'unrescuing'],
  // By then a rebuild has removed what it removes, and an evacuation removes nothing.
  ...['rebuild_block_device_mapping', 'rebuild_spawning'],
  // The disks stay until the server is reclaimed.
  ...['soft-deleting', 'restoring'],
  ...['shelving_image_pending_upload', 'shelving_image_uploading', 'unshelving'],
]);

const HOST_AWAY = new Set(['DOWN', 'UNKNOWN']);
/** Statuses of an evacuation that has not ended. */
const UNDER_WAY = new Set(['accepted', 'queued', 'preparing', 'pre-migrating', 'migrating', 'running']);

/**
 * What Nova is about to do to the disks that it made for a server. Only this function decides it: no disk or snap is
 * given up for anything but `destroys`. A task state alone is not enough: `rebuilding` occurs in a rebuild and in an
 * evacuation, and Nova writes it before it records which of them was requested.
 */
export function novaIntent(seen: SeenByNova): NovaIntent {
  const { server } = seen;
  if (!server || server.status === 'DELETED' || server.vmState === 'deleted') return { disks: 'gone', why: 'deleted' };
  const { taskState } = server;
  if (taskState === null) return { disks: 'keeps', why: 'at nothing' };
  if (KEEPING.has(taskState)) return { disks: 'keeps', why: taskState };
  if (taskState === 'rebuilding') return rebuildOrEvacuation(seen, server);
  // Without an image there is nothing to keep: the server is offloaded at once. With an image its disks are copied
  // first.
  if (taskState === 'shelving' && server.imageId !== null) return { disks: 'keeps', why: taskState };
  if (taskState === 'deleting' || taskState === 'shelving_offloading' || taskState === 'shelving') {
    return atHost(server, taskState);
  }
  return { disks: 'unknown', why: `a state of its own: ${taskState}` };
}

/** What a host is going to do. While the host is away nobody removes anything. */
function atHost({ hostStatus }: SeenServer, why: string): NovaIntent {
  return hostStatus !== null && HOST_AWAY.has(hostStatus)
    ? { disks: 'unknown', why: `${why}, but its host is away` }
    : { disks: 'destroys', why };
}

function rebuildOrEvacuation({ asked, migrations }: SeenByNova, server: SeenServer): NovaIntent {
  const evacuations = migrations.filter(({ type, status }) => type === 'evacuation' && UNDER_WAY.has(status));
  if (!asked) return { disks: 'unknown', why: 'rebuilding, and nothing says what was asked for' };
  if (asked.action === 'evacuate') return { disks: 'keeps', why: 'evacuation' };
  if (evacuations.length > 0) return { disks: 'unknown', why: 'a rebuild, and an evacuation that has not ended' };
  // The recorded rebuild is an earlier one: the present one was not recorded yet.
  if (asked.over) return { disks: 'unknown', why: 'rebuilding, and the rebuild that was asked for is over' };
  return atHost(server, 'rebuild');
}

/**
 * Whether a server in this state goes on with the disks that it has: then what was put aside for Nova is its own again.
 */
export const livesOn = (server: SeenServer | undefined): boolean =>
  server !== undefined &&
  server.taskState === null &&
  novaIntent({ server, asked: undefined, migrations: [] }).disks === 'keeps' &&
  server.status !== 'SHELVED_OFFLOADED' &&
  server.vmState !== 'shelved_offloaded';

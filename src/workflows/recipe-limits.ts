/**
 * How long recipes wait for the cloud to do what it accepted: giving up too early costs a whole restore. Milliseconds.
 */
export const WAIT_VOLUME_AVAILABLE_MS = 600_000;
export const WAIT_VOLUME_GONE_MS = 600_000;
export const WAIT_ATTACHED_MS = 600_000;
export const WAIT_DETACHED_MS = 600_000;
export const WAIT_STOPPED_MS = 600_000;
export const WAIT_STARTED_MS = 600_000;
export const WAIT_CREATED_MS = 1_200_000;
export const WAIT_DELETED_MS = 600_000;
export const WAIT_LOCKED_MS = 60_000;
/**
 * The effect of an unanswered request shows within this time, or not at all: services finish what they have taken up,
 * or drop it.
 */
export const LATE_EFFECT_MS = 120_000;
/**
 * The holder of a key pair's turn asks Nova a few questions, each with its time-out, and is never silent for longer
 * than this.
 */
export const KEYPAIR_TURN_SILENT_MS = 180_000;
export const WAIT_KEYPAIR_MS = 240_000;
/** The watch of a qemu that ended is gone with it; that of a killed client goes after 30 s. */
export const WAIT_NO_WATCHER_MS = 90_000;
/** If a volume is `available` again this long after an accepted attach, Nova refused it later. */
export const ATTACH_REFUSED_AFTER_MS = 3_000;
/** A network agent looks every two seconds for ports that were plugged in; on a busy host it takes longer. */
export const PORTS_CLOSED_AFTER_MS = 10_000;
/** Beyond this many runs a disk gets a full backup again. */
export const MAX_CHAIN = 500;
export const BYTES_PER_GIB = 1024 ** 3;

/** How long the recipes wait for the cloud to do what it accepted: giving up too early costs a whole restore. Milliseconds. */
export const WAIT_VOLUME_AVAILABLE_MS = 600_000;
export const WAIT_VOLUME_GONE_MS = 600_000;
export const WAIT_ATTACHED_MS = 600_000;
export const WAIT_DETACHED_MS = 600_000;
export const WAIT_STOPPED_MS = 600_000;
export const WAIT_STARTED_MS = 600_000;
export const WAIT_CREATED_MS = 1_200_000;
export const WAIT_DELETED_MS = 600_000;
export const WAIT_LOCKED_MS = 60_000;
/** What was asked and not answered shows within this, or not at all: services work off what they have taken, or drop it. */
export const LATE_EFFECT_MS = 120_000;
/** Who holds a key pair's turn asks Nova a few things, each with its time-out, and is silent no longer than this. */
export const KEYPAIR_TURN_SILENT_MS = 180_000;
export const WAIT_KEYPAIR_MS = 240_000;
/** qemu's watch on an image is gone with it; a killed client's after 30 s. */
export const WAIT_NO_WATCHER_MS = 90_000;
/** After an accepted attach, a volume that is `available` again for this long was refused behind our back. */
export const ATTACH_REFUSED_AFTER_MS = 3_000;
/** A network agent looks every two seconds for what was plugged in; on a busy host it takes some more. */
export const PORTS_CLOSED_AFTER_MS = 10_000;
/** Beyond this many runs a disk is read in whole again. */
export const MAX_CHAIN = 500;
export const BYTES_PER_GIB = 1024 ** 3;

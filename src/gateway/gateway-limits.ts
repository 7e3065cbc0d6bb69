/** What one request may ask for at most. librbd asks for a cluster (256 KiB) or a table. Bytes. */
export const MAX_RANGE_BYTES = 4 * 1024 * 1024;
/** Ranges that are read at one time, all disks together; the others wait. Each may hold a frame or two. */
export const READS_AT_ONCE = 8;
/** Clients beyond this many wait to be let in. */
export const MAX_CONNECTIONS = 1_024;
/** A head of a request of librbd has some 150 bytes. */
export const MAX_HEADER_BYTES = 4_096;
/** For how long an address is believed without asking the database again. */
export const BELIEVE_MS = 5_000;
/** A disk that nobody asked about for so long is closed. */
export const IDLE_MS = 600_000;
/** Disks that are open at one time: beyond them the one that was used longest ago is closed. */
export const MAX_OPEN_DISKS = 256;
/** What is wrong with stored data is looked at so often before it is believed: a cable may have lied. */
export const DAMAGE_TRIES = 3;
export const FIRST_PAUSE_MS = 100;
export const LONGEST_PAUSE_MS = 5_000;
/** Idle connections of those who know an address are kept; librbd comes back by itself when one was closed. */
export const IDLE_CONNECTION_MS = 120_000;
/** A client that takes longer for its first request talks to nobody; nor does one that was refused. */
export const HEAD_MS = 10_000;
/** An answer that a client does not take is given up. */
export const SEND_MS = 60_000;
/** Connections of one client that were not given anything yet. librbd asks at once. */
export const MAX_STRANGERS_PER_ADDRESS = 64;
/** Connections of one client that wait for the child that serves. */
export const MAX_WAITING_PER_ADDRESS = 256;
/** So often in so long a client may ask for what there is not; then what it asks for is not looked up. */
export const MAX_MISSES = 30;
export const MISSES_MS = 60_000;

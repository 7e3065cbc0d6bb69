/** The most that one request may ask for, in bytes. librbd asks for a cluster (256 KiB) or a table. */
export const MAX_RANGE_BYTES = 4 * 1024 * 1024;
/** Ranges that are read at the same time, for all disks together; further ones wait. Each may hold a frame or two. */
export const READS_AT_ONCE = 8;
/** Clients beyond this number wait to be let in. */
export const MAX_CONNECTIONS = 1_024;
/** The head of a request of librbd has some 150 bytes. */
export const MAX_HEADER_BYTES = 4_096;
/** How long an address is trusted without asking the database again. */
export const BELIEVE_MS = 5_000;
/** A disk that nobody has asked about for this long is closed. */
export const IDLE_MS = 600_000;
/** Disks that are open at the same time: beyond this number, the least recently used one is closed. */
export const MAX_OPEN_DISKS = 256;
/**
 * Stored data that seem wrong are read this many times before damage is reported: the transfer may have been at fault.
 */
export const DAMAGE_TRIES = 3;
export const FIRST_PAUSE_MS = 100;
export const LONGEST_PAUSE_MS = 5_000;
/** Idle connections of clients that know an address are kept; librbd reconnects by itself when one was closed. */
export const IDLE_CONNECTION_MS = 120_000;
/** A client that takes longer for its first request is closed; so is one that was refused. */
export const HEAD_MS = 10_000;
/** An answer that a client does not take within this time is given up. */
export const SEND_MS = 60_000;
/** Connections of one client that were not given anything yet. librbd asks at once. */
export const MAX_STRANGERS_PER_ADDRESS = 64;
/** Connections of one client that wait for the child that serves. */
export const MAX_WAITING_PER_ADDRESS = 256;
/**
 * A client may ask for addresses that do not exist this many times in this period; after that its requests are not
 * looked up.
 */
export const MAX_MISSES = 30;
export const MISSES_MS = 60_000;

import type { Consistency, WantedConsistency } from './backup.ts';
import type { ImageRef } from './disk.ts';
import type { SavedMemory } from './memory-point.ts';

/** One snap on every disk of a server, all of one instant. */
export interface InstantRequest {
  serverId: string;
  images: ImageRef[];
  /** The name of the snap on each disk. */
  snap: string;
  wanted: WantedConsistency;
}

export interface Instant {
  /** Wall time, ISO 8601 in UTC. */
  at: string;
  consistency: Consistency;
  /** How long the server stood still (paused) or could not write (frozen); null: not at all. */
  pausedMs: number | null;
  /** The memory of the same instant, if it was requested. */
  memory?: SavedMemory;
  /** The state of the clock of a guest that was paused for long. */
  clock?: GuestClockState;
}

export interface GuestClockState {
  /** True: it is right, as read from the guest. */
  set: boolean;
  /** Its error, ms (less than 0: behind); null: unknown. */
  offMs: number | null;
}

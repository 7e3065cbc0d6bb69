import type { Consistency, WantedConsistency } from './backup.ts';
import type { ImageRef } from './disk.ts';
import type { SavedMemory } from './memory-point.ts';

/** One snap on every disk of a server, all of one instant. */
export interface InstantRequest {
  serverId: string;
  images: ImageRef[];
  /** The name of the snap on each of them. */
  snap: string;
  wanted: WantedConsistency;
}

export interface Instant {
  /** Wall time, ISO 8601 in UTC. */
  at: string;
  consistency: Consistency;
  /** How long the server stood still (paused) or could not write (frozen); null: not at all. */
  pausedMs: number | null;
  /** The memory of the same instant, where it was wanted. */
  memory?: SavedMemory;
  /** What became of the clock of a guest that was paused for long. */
  clock?: GuestClockState;
}

export interface GuestClockState {
  /** It is right, as read from the guest. */
  set: boolean;
  /** What it is off by, ms (less than 0: behind); null: nobody tells. */
  offMs: number | null;
}

import type { ImageRef } from '../../domain/points/disk.ts';
import type { Log } from '../../ports/system.ts';
import type { ServerMessage, World } from '../../workflows/world.ts';

/** Sends a message to the users of a project. */
export type Tell = (message: ServerMessage) => Promise<void>;

/** One look at one server. */
export interface Watched {
  world: World;
  log: Log;
  tell: Tell;
  memory: Memory;
  /** Names in the pool of Nova's disks, when this look began. */
  images: readonly string[];
  serverId: string;
}

/** What earlier looks learnt about a server, until its present state has ended. */
interface Remembered {
  /** When each image, by its id, was first seen without watchers. Monotonic ms. */
  quietSince: Map<string, number>;
  /** Number of looks in which it was unclear what Nova is doing. */
  unknownLooks: number;
  /** What must be looked at once more although Nova is done with the server. */
  awaits: Set<string>;
  /** Messages about this state that were sent: once is enough. */
  said: Set<string>;
  /** When we last restarted it. Monotonic ms. */
  restartedAt: number;
}

export interface Memory {
  servers: Map<string, Remembered>;
  /** Messages about images that were sent, whatever the state of their server. */
  raised: Set<string>;
  of(serverId: string): Remembered;
}

export function newMemory(): Memory {
  const servers = new Map<string, Remembered>();
  return {
    servers,
    raised: new Set(),
    of(serverId) {
      const known = servers.get(serverId) ?? {
        quietSince: new Map(),
        unknownLooks: 0,
        awaits: new Set(),
        said: new Set(),
        restartedAt: Number.NEGATIVE_INFINITY,
      };
      servers.set(serverId, known);
      return known;
    },
  };
}

/** True the first time in this process, as far back as it remembers. */
export function firstTime({ raised }: Memory, what: string): boolean {
  if (raised.has(what)) return false;
  if (raised.size >= MOST_RAISED) raised.clear();
  raised.add(what);
  return true;
}

const MOST_RAISED = 10_000;

/** Awaited: that nobody has the former stand-in of a disk open any more. */
export const STAND_IN_OUT = 'stand-in out';

export const inRootPool = ({ world }: Pick<Watched, 'world'>, image: string): ImageRef => ({
  pool: world.settings.rootPool,
  image,
});

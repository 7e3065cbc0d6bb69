import type { Message } from '../../domain/message.ts';
import type { ImageRef } from '../../domain/points/disk.ts';
import type { Log } from '../../ports/system.ts';
import type { World } from '../../workflows/world.ts';

/** Tells the users of a project. */
export type Tell = (about: {
  projectId: string;
  serverId: string;
  level: Message['message_level'];
  /** A stable code, see docs/api.md. */
  code: string;
  words: string;
}) => Promise<void>;

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

/** What is known of a server from earlier looks, until the state that it is in has ended. */
interface Remembered {
  /** When each image was first seen with nobody watching it, by its id. Monotonic ms. */
  quietSince: Map<string, number>;
  /** In how many looks nobody could tell what Nova is at. */
  unknownLooks: number;
  /** What is to be looked at once more although Nova is done with the server. */
  awaits: Set<string>;
  /** What was said of this state: once is enough. */
  said: Set<string>;
  /** When it was last restarted by us. Monotonic ms. */
  restartedAt: number;
}

export interface Memory {
  servers: Map<string, Remembered>;
  /** What was said of images, whatever state their server is in. */
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

/** Awaited: that nobody has an image open any more that stood in for a disk. */
export const STAND_IN_OUT = 'stand-in out';

export const inRootPool = ({ world }: Pick<Watched, 'world'>, image: string): ImageRef => ({
  pool: world.settings.rootPool,
  image,
});

import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

const CONNECT_LIMIT_MS = 3_000;
/** A command that Redis does not answer: it hangs, or the network swallows it. */
const ANSWER_LIMIT_MS = 3_000;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 2_000;

/** For ever, and soon enough that a Redis which is back is used at once. */
const retryStrategy = (times: number): number => Math.min(times * FIRST_RETRY_MS, LONGEST_RETRY_MS);

/** For those who ask and must not wait: a command on a dead connection fails at once. */
export function producerConnection(url: string): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    connectTimeout: CONNECT_LIMIT_MS,
    commandTimeout: ANSWER_LIMIT_MS,
    retryStrategy,
  });
  redis.on('error', (error) => lastTrouble.set(redis, error));
  redis.on('ready', () => lastTrouble.delete(redis));
  return redis;
}

/** Why a connection is not ready, as Redis or the socket said it last. */
const lastTrouble = new WeakMap<Redis, Error>();

/**
 * For workers: waits until Redis is back, however long; but not any more once `left` says so, also in the copies
 * that BullMQ makes of it. No limit for answers: it waits for jobs inside a command.
 */
export const workerConnection = (url: string, left: () => boolean): Redis =>
  new Redis(url, {
    maxRetriesPerRequest: null,
    connectTimeout: CONNECT_LIMIT_MS,
    retryStrategy: (times) => (left() ? null : retryStrategy(times)),
  });

const LOOK_AGAIN_MS = 50;

/** Resolves when the connection can be used; rejects when it cannot in time. Leaves nothing behind on it. */
export async function ready(redis: Redis, limitMs: number): Promise<void> {
  // Before whoever gave the limit gives up himself, so that he hears why.
  const giveUpAt = performance.now() + limitMs * 0.9;
  while (redis.status !== 'ready') {
    if (performance.now() >= giveUpAt)
      throw new Error(`the connection is not ready, but ${redis.status}`, { cause: lastTrouble.get(redis) });
    await sleep(LOOK_AGAIN_MS);
  }
}

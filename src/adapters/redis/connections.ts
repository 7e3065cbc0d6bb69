import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

const CONNECT_LIMIT_MS = 3_000;
/** Limit for a command that Redis does not answer because it hangs, or because the network drops it. */
const ANSWER_LIMIT_MS = 3_000;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 2_000;

/** Retries for ever, and soon enough that a Redis that is back is used at once. */
const retryStrategy = (times: number): number => Math.min(times * FIRST_RETRY_MS, LONGEST_RETRY_MS);

/** For callers that must not wait: a command on a dead connection fails at once. */
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

/** The reason why a connection is not ready, as Redis or the socket last reported it. */
const lastTrouble = new WeakMap<Redis, Error>();

/**
 * For workers: waits until Redis is back, however long it takes, but no longer once `left` says so; this holds also for
 * the copies that BullMQ makes of the connection. Answers have no limit, because it waits for jobs inside a command.
 */
export const workerConnection = (url: string, left: () => boolean): Redis =>
  new Redis(url, {
    maxRetriesPerRequest: null,
    connectTimeout: CONNECT_LIMIT_MS,
    retryStrategy: (times) => (left() ? null : retryStrategy(times)),
  });

const LOOK_AGAIN_MS = 50;

/**
 * Resolves when the connection can be used; rejects when it cannot in time. Removes its listeners from the connection.
 */
export async function ready(redis: Redis, limitMs: number): Promise<void> {
  // It ends before the caller's own limit, so that the caller learns the reason.
  const giveUpAt = performance.now() + limitMs * 0.9;
  while (redis.status !== 'ready') {
    if (performance.now() >= giveUpAt)
      throw new Error(`the connection is not ready, but ${redis.status}`, { cause: lastTrouble.get(redis) });
    await sleep(LOOK_AGAIN_MS);
  }
}

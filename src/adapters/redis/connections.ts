import { Redis } from 'ioredis';

const CONNECT_TIMEOUT_MS = 3_000;
const RETRY_MOST_MS = 2_000;

const retryStrategy = (times: number): number => Math.min(times * 100, RETRY_MOST_MS);

/** For those who ask and must not wait: a command on a dead connection fails at once. */
export const producerConnection = (url: string): Redis =>
  new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 1, connectTimeout: CONNECT_TIMEOUT_MS, retryStrategy });

/** For workers: waits until Redis is back, however long. */
export const workerConnection = (url: string): Redis => new Redis(url, { maxRetriesPerRequest: null, retryStrategy });

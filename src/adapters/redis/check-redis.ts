import { RewindError } from '../../domain/errors.ts';
import { within } from '../../domain/within.ts';
import { producerConnection, ready } from './connections.ts';
import { queueUnavailable } from './queue-unavailable.ts';

const CHECK_LIMIT_MS = 10_000;
const WANTED = 'noeviction';

/**
 * Refuses to start on a Redis that evicts keys when it is full: it would lose deliveries silently. Asks by INFO,
 * because hosted Redises often forbid CONFIG.
 * @throws RewindError `redis.evicts`, `queue.unavailable` (both errored)
 */
export async function checkRedis(url: string): Promise<void> {
  const redis = producerConnection(url);
  redis.on('error', () => {});
  try {
    const memory = await within(CHECK_LIMIT_MS, async () => {
      await ready(redis, CHECK_LIMIT_MS);
      return await redis.info('memory');
    });
    const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? 'unknown';
    if (policy === WANTED) return;
    throw new RewindError('redis.evicts', `Redis evicts keys when it is full (maxmemory-policy ${policy}).`, {
      hint: `Set maxmemory-policy ${WANTED}.`,
    });
  } catch (error) {
    throw error instanceof RewindError ? error : queueUnavailable(error);
  } finally {
    redis.disconnect();
  }
}

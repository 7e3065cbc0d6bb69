import { RewindError } from '../../domain/errors.ts';
import { producerConnection } from './connections.ts';
import { queueUnavailable } from './queue-unavailable.ts';
import { within } from './within.ts';

const CHECK_LIMIT_MS = 10_000;

/**
 * Refuses to start on a Redis that throws keys away when it is full: it would lose deliveries without a word.
 * Rejects with `redis.evicts` or `queue.unavailable` (both errored).
 */
export async function checkRedis(url: string): Promise<void> {
  const redis = producerConnection(url);
  redis.on('error', () => {});
  try {
    const policy = await within(CHECK_LIMIT_MS, async () => {
      if (redis.status !== 'ready') await new Promise((resolve) => redis.once('ready', resolve));
      return redis.config('GET', 'maxmemory-policy');
    });
    const value = Array.isArray(policy) ? policy[1] : undefined;
    if (value === 'noeviction' || value === undefined) return;
    throw new RewindError('redis.evicts', `Redis evicts keys when it is full (maxmemory-policy ${value}).`, {
      fault: 'errored',
      hint: 'Set maxmemory-policy noeviction.',
    });
  } catch (error) {
    if (error instanceof RewindError) throw error;
    throw queueUnavailable(error);
  } finally {
    redis.disconnect();
  }
}

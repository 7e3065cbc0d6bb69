import { Queue } from 'bullmq';
import type { HostQueues } from '../../ports/queue.ts';
import type { Log } from '../../ports/system.ts';
import { producerConnection, ready } from './connections.ts';
import { queueUnavailable } from './queue-unavailable.ts';
import { within } from './within.ts';

const CALL_LIMIT_MS = 3_000;

/** BullMQ keeps colons for itself. */
export const hostQueueName = (host: string): string => `rewind-host-${host.replaceAll(':', '_')}`;

export function createHostQueues({ redisUrl, log }: { redisUrl: string; log: Log }): HostQueues & {
  close(): Promise<void>;
} {
  const connection = producerConnection(redisUrl);
  connection.on('error', (error) => log.debug('redis connection', { err: error }));
  const queues = new Map<string, Queue>();
  const queueOf = (host: string): Queue => {
    const name = hostQueueName(host);
    let queue = queues.get(name);
    if (!queue) {
      const defaultJobOptions = { attempts: 1, removeOnComplete: true, removeOnFail: true };
      queue = new Queue(name, { connection, defaultJobOptions });
      queue.on('error', (error) => log.debug('a host queue has trouble', { err: error }));
      queues.set(name, queue);
    }
    return queue;
  };
  const asked = async <T>(act: () => Promise<T>): Promise<T> => {
    try {
      return await within(CALL_LIMIT_MS, async () => {
        await ready(connection, CALL_LIMIT_MS);
        return await act();
      });
    } catch (error) {
      throw queueUnavailable(error);
    }
  };
  return {
    hasAgent: (host) => asked(async () => (await queueOf(host).getWorkersCount()) > 0),
    async wake(host, requestId) {
      await asked(() => queueOf(host).add('request', { operation_id: requestId }, { jobId: requestId }));
    },
    async close() {
      await within(CALL_LIMIT_MS, () => Promise.all([...queues.values()].map((queue) => queue.close()))).catch(
        () => {},
      );
      connection.disconnect();
    },
  };
}

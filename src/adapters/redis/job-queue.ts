import { Queue } from 'bullmq';
import type { JobQueue } from '../../ports/queue.ts';
import type { Log } from '../../ports/system.ts';
import { producerConnection } from './connections.ts';
import { queueUnavailable } from './queue-unavailable.ts';
import { within } from './within.ts';

export const OPERATIONS_QUEUE = 'rewind-operations';
const ENQUEUE_LIMIT_MS = 3_000;

export interface BullJobQueue extends JobQueue {
  /** Rejects when Redis does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** A job carries the operation's id and nothing else: Redis holds no secret and no truth. */
export function createJobQueue({ redisUrl, log, queueName = OPERATIONS_QUEUE }: { redisUrl: string; log: Log; queueName?: string }): BullJobQueue {
  const connection = producerConnection(redisUrl);
  connection.on('error', (error) => log.debug('redis connection', { err: error }));
  const queue = new Queue(queueName, { connection, defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true } });
  queue.on('error', (error) => log.warn('the job queue has trouble', { err: error }));
  return {
    async enqueue(operationId, delivery) {
      try {
        await within(ENQUEUE_LIMIT_MS, () => queue.add('operation', { operation_id: operationId }, { jobId: `${operationId}-${delivery}` }));
      } catch (error) {
        throw queueUnavailable(error);
      }
    },
    async ping() {
      await within(ENQUEUE_LIMIT_MS, () => connection.ping()).catch((error) => {
        throw queueUnavailable(error);
      });
    },
    async close() {
      await queue.close().catch(() => undefined);
      connection.disconnect();
    },
  };
}

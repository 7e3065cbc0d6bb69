import { Queue } from 'bullmq';
import { within } from '../../domain/within.ts';
import type { JobQueue } from '../../ports/queue.ts';
import type { Log } from '../../ports/system.ts';
import { producerConnection, ready } from './connections.ts';
import { queueUnavailable } from './queue-unavailable.ts';

export const OPERATIONS_QUEUE = 'rewind-operations';
/** A request waits no longer than this for its operation to be queued. */
const ENQUEUE_LIMIT_MS = 3_000;
const CLOSE_LIMIT_MS = 2_000;

export interface BullJobQueue extends JobQueue {
  /** Rejects with `queue.unavailable` when Redis does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface JobQueueOptions {
  redisUrl: string;
  log: Log;
  queueName?: string;
}

/**
 * A job carries the operation's id and nothing else: Redis holds no secret and no truth. A call that was given up may
 * still be carried out when Redis wakes, so a delivery of an operation that no longer exists is normal.
 */
export function createJobQueue({ redisUrl, log, queueName = OPERATIONS_QUEUE }: JobQueueOptions): BullJobQueue {
  const connection = producerConnection(redisUrl);
  connection.on('error', (error) => log.debug('redis connection', { err: error }));
  const queue = new Queue(queueName, {
    connection,
    defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true },
  });
  queue.on('error', (error) => log.debug('the job queue has trouble', { err: error }));
  const asked = async (act: () => Promise<unknown>): Promise<void> => {
    try {
      await within(ENQUEUE_LIMIT_MS, async () => {
        // BullMQ's own waiting is not used: it would keep every call that was given up until Redis is back.
        await ready(connection, ENQUEUE_LIMIT_MS);
        await act();
      });
    } catch (error) {
      throw queueUnavailable(error);
    }
  };
  return {
    enqueue: (operationId, delivery) =>
      asked(() => queue.add('operation', { operation_id: operationId }, { jobId: `${operationId}-${delivery}` })),
    ping: () => asked(() => connection.ping()),
    async close() {
      await within(CLOSE_LIMIT_MS, () => queue.close()).catch(() => {});
      connection.disconnect();
    },
  };
}

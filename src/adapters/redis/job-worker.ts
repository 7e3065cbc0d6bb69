import { Worker } from 'bullmq';
import type { Log } from '../../ports/system.ts';
import { workerConnection } from './connections.ts';
import { OPERATIONS_QUEUE } from './job-queue.ts';

/** Only how soon BullMQ hands a dead worker's job to another; who may run an operation is decided in the database. */
const LOCK_MS = 30_000;
/** How soon a worker notices a job whose wake-up was lost. */
const LOOK_AGAIN_SECONDS = 1;

export interface JobWorkerOptions {
  redisUrl: string;
  concurrency: number;
  log: Log;
  process(operationId: string): Promise<void>;
  queueName?: string;
}

/** Takes deliveries until closed. Whatever Redis does, the process goes on. `close` waits for those that run. */
export async function startJobWorker(options: JobWorkerOptions): Promise<{ close(): Promise<void> }> {
  const { log } = options;
  const connection = workerConnection(options.redisUrl);
  connection.on('error', (error) => log.debug('redis connection', { err: error }));
  const worker = new Worker<{ operation_id: string }>(
    options.queueName ?? OPERATIONS_QUEUE,
    async (job) => {
      try {
        await options.process(job.data.operation_id);
      } catch (error) {
        // The database is the truth: the operation is still open there and is delivered again.
        log.error('a delivery ended badly', { operation_id: job.data.operation_id, err: error });
      }
    },
    { connection, concurrency: options.concurrency, lockDuration: LOCK_MS, drainDelay: LOOK_AGAIN_SECONDS },
  );
  worker.on('error', (error) => log.warn('the job worker has trouble', { err: error }));
  worker.on('lockRenewalFailed', (jobIds) => log.warn('a job lock was lost; the lease in the database decides', { jobs: jobIds }));
  worker.on('stalled', (jobId) => log.warn('a job was handed over', { job: jobId }));
  return {
    async close() {
      await worker.close();
      connection.disconnect();
    },
  };
}

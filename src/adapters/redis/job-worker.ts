import { type Job, Worker } from 'bullmq';
import { within } from '../../domain/within.ts';
import type { Log } from '../../ports/system.ts';
import { workerConnection } from './connections.ts';
import { OPERATIONS_QUEUE } from './job-queue.ts';

/** Only decides how soon BullMQ hands a dead worker's job to another; the database decides who may run an operation. */
const LOCK_MS = 30_000;
/** How soon a worker notices a job whose wake-up was lost. */
const LOOK_AGAIN_SECONDS = 1;
/** How long Redis may take to hear that this worker leaves, once nothing runs any more. */
const CLOSE_LIMIT_MS = 5_000;

export interface JobWorkerOptions {
  redisUrl: string;
  concurrency: number;
  log: Log;
  /** A failure is logged and ends the delivery, nothing else: the operation is in the database. */
  process(operationId: string): Promise<void>;
  queueName?: string;
  lockDurationMs?: number;
}

interface Delivery {
  operation_id: string;
}

/**
 * Takes deliveries until it is closed. Whatever Redis does (goes, comes back, forgets everything), the process goes on,
 * and so do the operations that run. `close` takes no more deliveries and waits for those that run.
 */
export async function startJobWorker(options: JobWorkerOptions): Promise<{ close(): Promise<void> }> {
  const { log } = options;
  let left = false;
  const connection = workerConnection(options.redisUrl, () => left);
  connection.on('error', (error) => log.debug('redis connection', { err: error }));
  const running = new Set<Promise<void>>();
  const take = (job: Job<Delivery>): Promise<void> => {
    const run = processed(options, job.data.operation_id).finally(() => running.delete(run));
    running.add(run);
    return run;
  };
  const worker = new LeavableWorker<Delivery>(options.queueName ?? OPERATIONS_QUEUE, take, {
    connection,
    concurrency: options.concurrency,
    lockDuration: options.lockDurationMs ?? LOCK_MS,
    drainDelay: LOOK_AGAIN_SECONDS,
  });
  logTrouble(worker, log);
  return {
    async close() {
      const closed = worker.close();
      while (running.size > 0) await Promise.all(running);
      left = true;
      // Without Redis, BullMQ would wait for it; but there is nothing left that Redis would have to know.
      await within(CLOSE_LIMIT_MS, () => closed).catch((error) => {
        log.warn('left without word to Redis', { err: error });
        return worker.leave();
      });
      connection.disconnect();
    },
  };
}

/**
 * A BullMQ worker that can be abandoned although Redis never heard of that: otherwise its timer of job locks would run
 * for ever.
 */
class LeavableWorker<Data> extends Worker<Data> {
  leave = (): Promise<void> => this.lockManager.close();
}

/** Never rejects: for BullMQ every delivery ends well, because the database knows what is still open. */
async function processed({ process, log }: JobWorkerOptions, operationId: unknown): Promise<void> {
  if (typeof operationId !== 'string') return log.warn('a delivery names no operation');
  try {
    await process(operationId);
  } catch (error) {
    log.error('a delivery ended badly', { operation_id: operationId, err: error });
  }
}

function logTrouble(worker: Worker<Delivery>, log: Log): void {
  worker.on('error', (error) => log.warn('the job worker has trouble', { err: error }));
  worker.on('lockRenewalFailed', (jobs) =>
    log.warn('a job lock was lost; the lease in the database decides', { jobs }),
  );
  worker.on('stalled', (job) => log.warn('a job was handed over', { job }));
}

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { checkRedis } from '../../src/adapters/redis/check-redis.ts';
import { type BullJobQueue, createJobQueue } from '../../src/adapters/redis/job-queue.ts';
import { startJobWorker } from '../../src/adapters/redis/job-worker.ts';
import type { Log } from '../../src/ports/system.ts';
import { hasRedisServer, OwnRedis } from './redis-server.ts';

jest.setTimeout(60_000);
/** Longer than any request may wait, with room for a busy machine. */
const FAST_MS = 4_500;
const unavailable = { code: 'vm-backup.queue.unavailable', fault: 'errored', retry: true, status: 503 };

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => silent };

/** A worker that notes what it was given, and may be held in the middle. */
class Taker {
  readonly taken: string[] = [];
  readonly log: string[] = [];
  hold: Promise<void> = Promise.resolve();
  #worker: { close(): Promise<void> } | undefined;

  async start(redisUrl: string, more: object = {}): Promise<this> {
    const noting: Log = {
      ...silent,
      warn: (text) => void this.log.push(text),
      error: (text) => void this.log.push(text),
    };
    const process = async (id: string): Promise<void> => {
      this.taken.push(id);
      await this.hold;
      if (id.startsWith('bad')) throw new Error('bad');
    };
    this.#worker = await startJobWorker({ redisUrl, concurrency: 4, log: noting, process, ...more });
    return this;
  }

  async until(condition: () => boolean, limitMs = 30_000): Promise<void> {
    const end = performance.now() + limitMs;
    while (!condition() && performance.now() < end) await sleep(20);
    expect(condition()).toBe(true);
  }

  close = async (): Promise<void> => await this.#worker?.close();
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, resolve };
}

(hasRedisServer ? describe : describe.skip)('the queue on a Redis of its own', () => {
  let redis: OwnRedis;
  let queue: BullJobQueue;
  let worker: Taker;

  beforeEach(async () => {
    redis = await OwnRedis.start();
    queue = createJobQueue({ redisUrl: redis.url, log: silent });
    worker = new Taker();
  });
  afterEach(async () => {
    await worker.close();
    await queue.close();
    await redis.remove();
  });

  it('delivers an id, and forgets the job', async () => {
    await worker.start(redis.url);
    const ids = Array.from({ length: 20 }, () => randomUUID());
    await Promise.all(ids.map((id) => queue.enqueue(id, 'first')));
    await worker.until(() => worker.taken.length === ids.length);
    expect([...worker.taken].sort()).toEqual([...ids].sort());
    await sleep(300);
    const keys = await redis.ask((connection) => connection.keys('*'));
    expect(keys.filter((key) => ids.some((id) => key.includes(id)))).toEqual([]);
    expect(worker.log).toEqual([]);
  });

  it('delivers what was queued while no worker was there, and one operation twice when told so', async () => {
    const id = randomUUID();
    await queue.enqueue(id, 'first');
    await queue.enqueue(id, 'first');
    await queue.enqueue(id, 'w1-7');
    await worker.start(redis.url);
    await worker.until(() => worker.taken.length === 2);
    await sleep(200);
    expect(worker.taken).toEqual([id, id]);
  });

  it('holds nothing but ids', async () => {
    const id = randomUUID();
    await queue.enqueue(id, 'first');
    const job = await redis.ask((connection) => connection.hgetall(`bull:rewind-operations:${id}-first`));
    expect(JSON.parse(job.data ?? '')).toEqual({ operation_id: id });
  });

  it('goes on after a delivery that ended badly', async () => {
    await worker.start(redis.url, { concurrency: 1 });
    await queue.enqueue('bad-one', 'first');
    await queue.enqueue('good-one', 'first');
    await worker.until(() => worker.taken.length === 2);
    expect(worker.log).toEqual(['a delivery ended badly']);
  });

  it('still takes new jobs after FLUSHALL while a job ran', async () => {
    await worker.start(redis.url, { lockDurationMs: 1_000 });
    const gate = deferred();
    worker.hold = gate.promise;
    await queue.enqueue('long', 'first');
    await worker.until(() => worker.taken.length === 1);
    await redis.ask((connection) => connection.flushall());
    await sleep(1_500);
    gate.resolve();
    await sleep(300);
    await queue.enqueue('next', 'first');
    await worker.until(() => worker.taken.includes('next'));
    expect(worker.taken).toEqual(['long', 'next']);
  });

  it('rejects fast while Redis is gone, and both ends work again when it is back', async () => {
    await worker.start(redis.url);
    await queue.enqueue('before', 'first');
    await worker.until(() => worker.taken.length === 1);
    await redis.kill();
    const began = performance.now();
    await Promise.all(
      Array.from({ length: 50 }, (_, n) => expect(queue.enqueue(`lost-${n}`, 'x')).rejects.toMatchObject(unavailable)),
    );
    await expect(queue.ping()).rejects.toMatchObject(unavailable);
    expect(performance.now() - began).toBeLessThan(2 * FAST_MS);
    await redis.start();
    await untilQueued(queue, 'after');
    await worker.until(() => worker.taken.includes('after'));
    await queue.ping();
    expect(worker.taken).not.toContain('lost-0');
  });

  it('rejects fast while Redis hangs', async () => {
    await queue.ping();
    redis.freeze();
    const began = performance.now();
    await expect(queue.enqueue('lost', 'x')).rejects.toMatchObject(unavailable);
    expect(performance.now() - began).toBeLessThan(FAST_MS);
    await redis.thaw();
    await untilQueued(queue, 'after');
  });

  it('lets a running job end while Redis is gone, and closes without it', async () => {
    await worker.start(redis.url);
    const gate = deferred();
    worker.hold = gate.promise;
    await queue.enqueue('long', 'first');
    await worker.until(() => worker.taken.length === 1);
    await redis.kill();
    let closed = false;
    const closing = worker.close().then(() => {
      closed = true;
    });
    await sleep(500);
    expect(closed).toBe(false);
    gate.resolve();
    const began = performance.now();
    await closing;
    expect(performance.now() - began).toBeLessThan(8_000);
  });

  it('can be begun without Redis, and works once it is there', async () => {
    await redis.kill();
    const early = createJobQueue({ redisUrl: redis.url, log: silent });
    await expect(early.enqueue('lost', 'x')).rejects.toMatchObject(unavailable);
    await worker.start(redis.url);
    await redis.start();
    await untilQueued(early, 'after');
    await worker.until(() => worker.taken.includes('after'));
    await early.close();
  });

  it('closes at once when nothing runs, Redis or not', async () => {
    await worker.start(redis.url);
    await redis.kill();
    const began = performance.now();
    await worker.close();
    await queue.close();
    expect(performance.now() - began).toBeLessThan(9_000);
  });

  it('refuses a full Redis without losing what is in it', async () => {
    await queue.enqueue('kept', 'first');
    await redis.ask((connection) => connection.config('SET', 'maxmemory', '1'));
    await expect(queue.enqueue('refused', 'first')).rejects.toMatchObject({
      ...unavailable,
      code: 'vm-backup.queue.unavailable.full',
    });
    await redis.ask((connection) => connection.config('SET', 'maxmemory', '0'));
    await worker.start(redis.url);
    await worker.until(() => worker.taken.length === 1);
    expect(worker.taken).toEqual(['kept']);
  });
});

/** As a caller does: again, until Redis is back. */
async function untilQueued(queue: BullJobQueue, id: string): Promise<void> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const queued = await queue.enqueue(id, `a${attempt}`).then(
      () => true,
      () => false,
    );
    if (queued) return;
  }
  throw new Error('never queued');
}

(hasRedisServer ? describe : describe.skip)('the check at start', () => {
  it('takes a Redis that keeps what it has', async () => {
    const redis = await OwnRedis.start();
    await checkRedis(redis.url);
    await redis.remove();
  });

  it.each(['allkeys-lru', 'volatile-lru', 'allkeys-random', 'volatile-ttl'])(
    'refuses one that evicts: %s',
    async (policy) => {
      const redis = await OwnRedis.start('--maxmemory-policy', policy);
      await expect(checkRedis(redis.url)).rejects.toMatchObject({
        code: 'vm-backup.redis.evicts',
        fault: 'errored',
        message: expect.stringContaining(policy),
      });
      await redis.remove();
    },
  );

  it.each([[['--requirepass', 'secret'], 'access-denied', false]] as const)(
    'says why it is refused: %j',
    async (settings, code, retry) => {
      const redis = await OwnRedis.start('--maxmemory-policy', 'noeviction');
      await redis.ask((one) => one.config('SET', settings[0].slice(2), settings[1]));
      await expect(checkRedis(redis.url)).rejects.toMatchObject({ code: `vm-backup.queue.unavailable.${code}`, retry });
      await redis.remove();
    },
  );

  it('says when there is none', async () => {
    await expect(checkRedis('redis://127.0.0.1:1/0')).rejects.toMatchObject(unavailable);
  });
});

const lab = process.env.REDIS_URL ?? (process.env.REWIND_LAB === '1' ? 'redis://127.0.0.1:6379/1' : undefined);
(lab ? describe : describe.skip)('the queue on the Redis of the lab', () => {
  it('delivers', async () => {
    const queueName = `rewind-test-${randomUUID()}`;
    const redisUrl = lab as string;
    await checkRedis(redisUrl);
    const queue = createJobQueue({ redisUrl, log: silent, queueName });
    const worker = await new Taker().start(redisUrl, { queueName });
    const id = randomUUID();
    await queue.enqueue(id, 'first');
    await worker.until(() => worker.taken.length === 1);
    expect(worker.taken).toEqual([id]);
    await worker.close();
    await queue.close();
    const redis = new Redis(redisUrl);
    for (const key of await redis.keys(`bull:${queueName}:*`)) await redis.del(key);
    redis.disconnect();
  });
});

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { operationJobs } from '../../../src/delivery/operation-jobs.ts';
import type { OpenOperation } from '../../../src/ports/stores/journal.ts';
import type { Engine } from '../../../src/workflow-engine/execute-operation.ts';
import { hastyClock } from '../../world/engine-bench.ts';
import { silentLog } from '../../world/silent-log.ts';

const NOON = Date.parse('2026-01-01T00:00:00Z');
const [VERIFY, BACKUP, RESTORE] = ['verify-backup/1', 'create-backup/1', 'restore-volumes/1'];

/** A worker whose operations last until they are told to end. */
class Bench {
  open: OpenOperation[] = [];
  begun: string[] = [];
  readonly clock = hastyClock();
  /** How often all of them were read, and how long that takes. */
  reads = 0;
  readMs = 0;
  readonly #journal = {
    openOperations: async () => {
      this.reads += 1;
      const open = [...this.open];
      if (this.readMs > 0) await this.clock.sleep(this.readMs);
      return open;
    },
    openOperation: async (id: string) => this.open.find((one) => one.id === id),
  };
  readonly #ends = new Map<string, () => void>();
  readonly #shutdown = new AbortController();
  readonly #deliveries: Promise<void>[] = [];
  readonly jobs: ReturnType<typeof operationJobs>;

  constructor(slots: number) {
    const engine = {
      ...{ journal: this.#journal, clock: this.clock, log: silentLog },
      leaseMs: 30_000,
    } as unknown as Engine<unknown>;
    const execute = (_: unknown, seen: OpenOperation) => {
      this.begun.push(seen.id);
      this.open = this.open.map((one) => (one.id === seen.id ? { ...one, fence: 1, worker: 'w' } : one));
      return new Promise<'succeeded'>((resolve) => this.#ends.set(seen.id, () => resolve('succeeded')));
    };
    const queue = { enqueue: async () => undefined };
    this.jobs = operationJobs(engine, queue, { slots, execute: execute as never });
  }

  /** `a1`: the first of project a. */
  add(id: string, workflow = BACKUP, more: Partial<OpenOperation> = {}): void {
    const createdAtMs = NOON + this.open.length;
    const one = { id, workflow: workflow ?? '', projectId: id.slice(0, 1), fence: 0, beat: 0, worker: null };
    this.open.push({ ...one, lookAtMs: null, createdAtMs, ...more });
  }

  async deliver(...ids: string[]): Promise<void> {
    for (const id of ids) this.#deliveries.push(this.jobs.process(id, this.#shutdown.signal));
    await this.#settle();
  }

  async end(id: string): Promise<void> {
    this.open = this.open.filter((one) => one.id !== id);
    this.#ends.get(id)?.();
    await this.#settle();
  }

  #settle = async () => {
    for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  async close(): Promise<void> {
    this.#shutdown.abort();
    for (const end of this.#ends.values()) end();
    await Promise.all(this.#deliveries);
  }
}

describe('whose turn it is', () => {
  let bench: Bench;
  const worker = (slots: number) => {
    bench = new Bench(slots);
    return bench;
  };
  beforeEach(() => {
    worker(1);
  });
  afterEach(() => bench.close());

  test('projects take turns, however many deliveries of one come first', async () => {
    const { jobs } = worker(1);
    for (const id of ['a1', 'a2', 'a3', 'a4', 'b1', 'c1']) bench.add(id);
    await bench.deliver('a1');
    for (let n = 0; n < 6; n += 1) await bench.end(bench.begun.at(-1) ?? '');
    expect(bench.begun).toEqual(['a1', 'b1', 'c1', 'a2', 'a3', 'a4']);
    expect(jobs.running()).toBe(0);
  });

  test('the one that has least running on any worker comes first', async () => {
    worker(4);
    bench.add('a1', BACKUP, { worker: 'elsewhere', fence: 1 });
    bench.add('a2');
    bench.add('b1');
    await bench.deliver('a2');
    expect(bench.begun).toEqual(['b1']);
  });

  test('a restore comes before other work, and that before a verify; what has waited an hour before both', async () => {
    for (const [id, workflow] of [
      ['a1', VERIFY],
      ['a2', BACKUP],
      ['a3', RESTORE],
    ] as const)
      bench.add(id, workflow);
    bench.add('a4', VERIFY, { createdAtMs: NOON - 4_000_000 });
    await bench.deliver('a1');
    for (let n = 0; n < 4; n += 1) await bench.end(bench.begun.at(-1) ?? '');
    expect(bench.begun).toEqual(['a4', 'a3', 'a2', 'a1']);
  });

  test('what was begun already goes on before anything new', async () => {
    bench.add('a1');
    bench.add('a2', BACKUP, { fence: 3 });
    await bench.deliver('a1');
    expect(bench.begun).toEqual(['a2']);
  });

  test('the last slot is kept for a restore, which takes it although nobody delivered it', async () => {
    worker(3);
    for (const id of ['a1', 'b1', 'c1', 'd1']) bench.add(id, VERIFY);
    await bench.deliver('a1', 'b1', 'c1');
    expect(bench.begun).toEqual(['a1', 'b1']);
    bench.add('e1', RESTORE);
    await bench.deliver();
    expect(bench.begun).toEqual(['a1', 'b1', 'e1']);
    await bench.end('e1');
    expect(bench.begun).toHaveLength(3);
    await bench.end('a1');
    expect(bench.begun).toEqual(['a1', 'b1', 'e1', 'c1']);
    expect(bench.jobs.running()).toBe(2);
  });

  test('no project has all slots, not with restores either', async () => {
    worker(3);
    for (const id of ['a1', 'a2', 'a3']) bench.add(id, RESTORE);
    await bench.deliver('a1', 'a2', 'a3');
    expect(bench.begun).toEqual(['a1', 'a2']);
    bench.add('b1', RESTORE);
    await bench.deliver();
    expect(bench.begun).toEqual(['a1', 'a2', 'b1']);
  });

  test('two slots never go for the same one, and who finds nothing to do goes', async () => {
    worker(2);
    bench.add('a1', RESTORE);
    bench.add('b1', RESTORE);
    await bench.deliver('a1', 'a1', 'b1');
    expect(bench.begun).toEqual(['a1', 'b1']);
    await bench.end('a1');
    await bench.end('b1');
    expect(bench.jobs.running()).toBe(0);
  });

  test('many that wait are read once for many deliveries, and what was recorded since then is begun all the same', async () => {
    worker(2);
    bench.readMs = 1_000;
    for (let n = 0; n < 30; n += 1) bench.add(`a${n}`, RESTORE);
    await bench.deliver('a0');
    for (let n = 0; n < 10; n += 1) await bench.end(bench.begun[n] ?? '');
    bench.add('z1', RESTORE);
    await bench.deliver('z1');
    expect(bench.begun).toHaveLength(12);
    expect(bench.begun.at(-1)).toBe('z1');
    expect(bench.reads).toBe(1);
  });

  test('what was read is too old some time later', async () => {
    worker(1);
    bench.readMs = 100;
    bench.add('a1', RESTORE);
    await bench.deliver('a1');
    bench.add('a2', RESTORE);
    await bench.clock.sleep(1_000);
    await bench.clock.sleep(1_000);
    await bench.end('a1');
    expect([bench.begun, bench.reads]).toEqual([['a1', 'a2'], 2]);
  });
});

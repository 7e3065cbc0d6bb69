import { describe, expect, test } from '@jest/globals';
import { eachByItself } from '../../../src/periodic/each-by-itself.ts';
import { type Outcome, type PeriodicJob, runJobs } from '../../../src/periodic/periodic-job.ts';
import type { Log } from '../../../src/ports/system.ts';
import { MemoryTurns } from '../../world/memory-turns.ts';

/** Ends after so many pauses of the job; keeps what was told. Time passes in sleeps only. */
function watch(pauses: number) {
  const shutdown = new AbortController();
  const told: [string, Record<string, unknown> | undefined][] = [];
  const nothing = () => undefined;
  const log: Log = {
    debug: nothing,
    info: (message, fields) => told.push([message, fields]),
    error: nothing,
    warn: (message, fields) => told.push([message, fields]),
    with: () => log,
  };
  const slept: number[] = [];
  let now = 0;
  const clock = {
    monotonic: () => now,
    sleep: async (ms: number) => {
      now += ms;
      slept.push(ms);
      if (slept.length === pauses) shutdown.abort();
    },
  };
  const observed: [string, Outcome][] = [];
  const observe = (job: string, outcome: Outcome) => observed.push([job, outcome]);
  return { running: { clock, log, observe }, log, shutdown, told, slept, observed };
}

const job = (look: PeriodicJob['look'], everyMs = 60_000): PeriodicJob => ({
  ...{ name: 'things', after: 'things', everyMs },
  look,
});

describe('a periodic job', () => {
  test('looks at once, after each pause, and after trouble; each look is counted', async () => {
    const { running, shutdown, told, slept, observed } = watch(3);
    let looks = 0;
    const look = async () => {
      looks += 1;
      if (looks === 2) throw new Error('away');
    };
    await runJobs([job(look)], running, shutdown.signal);
    expect([looks, slept]).toEqual([3, [60_000, 60_000, 60_000]]);
    expect(told.map(([message]) => message)).toEqual([
      'could not look after things, trying again',
      'looks after things again',
    ]);
    expect(observed).toEqual([
      ['things', 'done'],
      ['things', 'failed'],
      ['things', 'done'],
    ]);
  });

  test('tells of an outage once a minute, and of its end, and asks what is away less often', async () => {
    const { running, shutdown, told, slept } = watch(40);
    let looks = 0;
    const look = async () => {
      looks += 1;
      if (looks <= 30) throw new Error('away');
    };
    await runJobs([job(look, 500)], running, shutdown.signal);
    expect(slept.slice(0, 6)).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000]);
    expect(slept.slice(30)).toEqual(Array(10).fill(500));
    expect(told.map(([message, fields]) => [message, fields?.failed])).toEqual([
      ['could not look after things, trying again', 1],
      ['could not look after things, trying again', 16],
      ['could not look after things, trying again', 28],
      ['looks after things again', 30],
    ]);
  });

  test('says nothing of what a shutdown broke off, and closes what it has', async () => {
    const { running, shutdown, told } = watch(1);
    let closed = 0;
    const look = async () => {
      shutdown.abort();
      throw shutdown.signal.reason;
    };
    await runJobs([{ ...job(look), close: async () => closed++ }], running, shutdown.signal);
    expect([told, closed]).toEqual([[], 1]);
  });

  test('keeps no other job waiting', async () => {
    const { running, shutdown } = watch(3);
    const seen: string[] = [];
    const hangs = job(() => new Promise((resolve) => shutdown.signal.addEventListener('abort', resolve)));
    await runJobs([hangs, job(async () => seen.push('looked'))], running, shutdown.signal);
    expect(seen).toEqual(['looked', 'looked', 'looked']);
  });
});

describe('a job that takes turns', () => {
  const turn = { silentMs: 600_000 };

  test('is left to the process that has it', async () => {
    const { running, shutdown, observed } = watch(2);
    const turns = new MemoryTurns();
    await turns.take('things', undefined, 'worker-1');
    const looks: string[] = [];
    const one = { ...job(async () => looks.push('looked')), turn };
    await runJobs([one], { ...running, turns, holder: 'worker-2' }, shutdown.signal);
    expect(looks).toEqual([]);
    expect(observed[0]).toEqual(['things', 'not-ours']);
  });

  test('is left to who shows life, however seldom, and taken up when that falls silent', async () => {
    const { running, shutdown } = watch(60);
    const turns = new MemoryTurns();
    const beat = async () => turns.take('things', await turns.look('things'), 'worker-1');
    await beat();
    let pauses = 0;
    const { clock } = running;
    const sleep = async (ms: number) => {
      await clock.sleep(ms);
      pauses += 1;
      if (pauses <= 27 && pauses % 9 === 0) await beat();
    };
    let lookedAtMs = 0;
    const look = async () => {
      lookedAtMs = clock.monotonic();
      shutdown.abort();
    };
    await runJobs(
      [{ ...job(look), turn }],
      { ...running, clock: { ...clock, sleep }, turns, holder: 'worker-2' },
      shutdown.signal,
    );
    // The last beat was after 27 minutes.
    expect(lookedAtMs).toBeGreaterThanOrEqual(37 * 60_000);
  });

  test('keeps its turn through a long look, and ends it when somebody else has it', async () => {
    const { running, shutdown } = watch(40);
    const turns = new MemoryTurns();
    let beats = 0;
    const take = turns.take.bind(turns);
    turns.take = async (...args) => {
      beats += 1;
      // The database was away for longer than anybody waits, and another worker took it.
      if (beats === 5) await take('things', await turns.look('things'), 'worker-2');
      return take(...args);
    };
    let ended = '';
    const look = async (over: AbortSignal) => {
      await new Promise((resolve) => over.addEventListener('abort', resolve));
      ended = shutdown.signal.aborted ? 'by the shutdown' : 'by the loss of its turn';
      shutdown.abort();
    };
    await runJobs([{ ...job(look), turn }], { ...running, turns, holder: 'worker-1' }, shutdown.signal);
    expect([beats, ended]).toEqual([5, 'by the loss of its turn']);
  });
});

describe('each by itself', () => {
  test('goes on with the others when one fails', async () => {
    const { log, shutdown, told } = watch(1);
    const seen: number[] = [];
    const what = (n: number) => ({ trouble: 'a thing stays', n });
    await eachByItself(log, shutdown.signal, [1, 2, 3], what, async (n) => {
      seen.push(n);
      if (n === 2) throw new Error('broken');
    });
    expect(seen).toEqual([1, 2, 3]);
    expect(told).toMatchObject([['a thing stays', { n: 2, err: { cause: { message: 'broken' } } }]]);
  });

  test('begins nothing after a shutdown', async () => {
    const { log, shutdown } = watch(1);
    const seen: number[] = [];
    const act = async (n: number) => {
      seen.push(n);
      shutdown.abort();
    };
    await eachByItself(log, shutdown.signal, [1, 2, 3], () => ({ trouble: '' }), act);
    expect(seen).toEqual([1]);
  });
});

import { describe, expect, test } from '@jest/globals';
import { eachByItself, lookEvery } from '../../../src/periodic/look-every.ts';
import type { Log } from '../../../src/ports/system.ts';

/** Ends after so many pauses; keeps what was told. */
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
  const clock = {
    sleep: async (ms: number) => {
      slept.push(ms);
      if (slept.length === pauses) shutdown.abort();
    },
  };
  return { looking: { clock, log, shutdown: shutdown.signal }, shutdown, told, slept };
}

describe('who looks every so often', () => {
  test('looks at once, after each pause, and after trouble', async () => {
    const { looking, told, slept } = watch(3);
    let looks = 0;
    await lookEvery(looking, { everyMs: 60, after: 'things' }, async () => {
      looks += 1;
      if (looks === 2) throw new Error('away');
    });
    expect([looks, slept]).toEqual([3, [60, 60, 60]]);
    expect(told.map(([message]) => message)).toEqual([
      'could not look after things, trying again',
      'looks after things again',
    ]);
  });

  test('tells of an outage once a minute, and of its end', async () => {
    const { looking, told } = watch(250);
    let looks = 0;
    await lookEvery(looking, { everyMs: 500, after: 'things' }, async () => {
      looks += 1;
      if (looks <= 241) throw new Error('away');
    });
    expect(told.map(([message, fields]) => [message, fields?.failed])).toEqual([
      ['could not look after things, trying again', 1],
      ['could not look after things, trying again', 121],
      ['could not look after things, trying again', 241],
      ['looks after things again', 241],
    ]);
  });

  test('says nothing of what a shutdown broke off', async () => {
    const { looking, shutdown, told } = watch(1);
    await lookEvery(looking, { everyMs: 60, after: 'things' }, async () => {
      shutdown.abort();
      throw shutdown.signal.reason;
    });
    expect(told).toEqual([]);
  });

  test('goes on with the others when one fails', async () => {
    const { looking, told } = watch(1);
    const seen: number[] = [];
    const what = (n: number) => ({ trouble: 'a thing stays', n });
    await eachByItself(looking, [1, 2, 3], what, async (n) => {
      seen.push(n);
      if (n === 2) throw new Error('broken');
    });
    expect(seen).toEqual([1, 2, 3]);
    expect(told).toMatchObject([['a thing stays', { n: 2, err: { cause: { message: 'broken' } } }]]);
  });

  test('begins nothing after a shutdown', async () => {
    const { looking, shutdown } = watch(1);
    const seen: number[] = [];
    const act = async (n: number) => {
      seen.push(n);
      shutdown.abort();
    };
    await eachByItself(looking, [1, 2, 3], () => ({ trouble: '' }), act);
    expect(seen).toEqual([1]);
  });
});

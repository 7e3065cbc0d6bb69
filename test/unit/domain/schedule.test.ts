import { describe, expect, test } from '@jest/globals';
import type { Schedule } from '../../../src/domain/policies/backup-policy.ts';
import {
  dueTime,
  lastTime,
  nextTime,
  scheduleProblem,
  timesBetween,
  windowEnd,
} from '../../../src/domain/policies/schedule.ts';
import { uuidOf } from '../../world/api/fake-cloud.ts';

const BERLIN = 'Europe/Berlin';
const schedule = (cron: string, more: Partial<Schedule> = {}): Schedule => ({
  ...{ cron, time_zone: BERLIN, window_minutes: null, jitter_minutes: 0 },
  ...more,
});
const ms = (time: string) => Date.parse(time);
const iso = (time: number | undefined) => time !== undefined && new Date(time).toISOString();
const times = (cron: string, from: string, until: string, time_zone = BERLIN) =>
  timesBetween({ cron, time_zone }, ms(from), ms(until), 1_000).map((time) =>
    new Date(time).toISOString().slice(0, 16),
  );

describe('when the clocks go forward (02:00 becomes 03:00)', () => {
  test('a time that is missing is the first moment after the gap, once', () => {
    expect(times('30 2 * * *', '2026-03-28T00:00Z', '2026-03-31T00:00Z')).toEqual([
      ...['2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30'],
    ]);
  });
  test('what repeats goes on in even steps', () => {
    expect(times('*/15 * * * *', '2026-03-29T00:40Z', '2026-03-29T01:31Z')).toEqual([
      ...['2026-03-29T00:45', '2026-03-29T01:00', '2026-03-29T01:15', '2026-03-29T01:30'],
    ]);
  });
});

describe('when the clocks go back (03:00 becomes 02:00)', () => {
  test('a time that comes twice is taken once, the first time', () => {
    expect(times('30 2 * * *', '2026-10-24T12:00Z', '2026-10-27T00:00Z')).toEqual([
      ...['2026-10-25T00:30', '2026-10-26T01:30'],
    ]);
  });
  test('what repeats goes on in even steps through both hours', () => {
    expect(times('0 * * * *', '2026-10-24T22:30Z', '2026-10-25T02:01Z')).toEqual([
      ...['2026-10-24T23:00', '2026-10-25T00:00', '2026-10-25T01:00', '2026-10-25T02:00'],
    ]);
  });
  test('by half an hour, on Lord Howe', () => {
    expect(times('15 2 * * *', '2026-10-03T00:00Z', '2026-10-05T00:00Z', 'Australia/Lord_Howe')).toEqual([
      ...['2026-10-03T15:30', '2026-10-04T15:15'],
    ]);
  });
});

describe('the time to make up for', () => {
  const daily = schedule('0 2 * * *', { time_zone: 'UTC' });
  test.each([
    ['2026-01-01T02:00:00Z', '2026-01-01T02:00:05Z', '2026-01-01T02:00:00.000Z'],
    ['2026-01-01T02:00:00Z', '2026-01-05T01:00:00Z', '2026-01-04T02:00:00.000Z'],
    ['2026-01-01T02:00:00Z', '2026-01-01T02:00:00Z', '2026-01-01T02:00:00.000Z'],
    ['2026-01-01T02:00:01Z', '2026-01-01T23:00:00Z', false],
    ['2024-01-01T02:00:00Z', '2026-01-05T01:00:00Z', '2026-01-04T02:00:00.000Z'],
  ])('of %s to %s is %s', (from, until, last) => {
    expect(iso(lastTime(daily, ms(from), ms(until)))).toBe(last);
  });
  test('of a month of minutes is found without walking through them', () => {
    const began = performance.now();
    const every = schedule('* * * * *');
    expect(iso(lastTime(every, ms('2025-01-01T00:00Z'), ms('2026-01-01T00:00:30Z')))).toBe('2026-01-01T00:00:00.000Z');
    expect(performance.now() - began).toBeLessThan(1_000);
  });
  test('of a yearly schedule is last year’s', () => {
    const yearly = schedule('0 0 1 1 *', { time_zone: 'UTC' });
    expect(iso(lastTime(yearly, ms('2020-01-01T00:00Z'), ms('2026-06-01T00:00Z')))).toBe('2026-01-01T00:00:00.000Z');
  });
});

test('the jitter of a server is its own, always the same, and inside', () => {
  const jittered = schedule('0 2 * * *', { jitter_minutes: 30 });
  const due = Array.from({ length: 200 }, (_, n) => dueTime(0, jittered, uuidOf(1), uuidOf(n)));
  expect(due).toEqual(Array.from({ length: 200 }, (_, n) => dueTime(0, jittered, uuidOf(1), uuidOf(n))));
  expect(Math.min(...due)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...due)).toBeLessThan(30 * 60_000);
  expect(new Set(due.map((one) => Math.floor(one / 300_000))).size).toBe(6);
  expect(dueTime(5, schedule('0 2 * * *'), uuidOf(1), uuidOf(2))).toBe(5);
});

test('a window counts from the planned time; without one a run waits until the next', () => {
  const planned = ms('2026-01-01T02:00Z');
  const utc = { time_zone: 'UTC' };
  expect(iso(windowEnd(planned, schedule('0 2 * * *', { ...utc, window_minutes: 90 }), planned))).toBe(
    '2026-01-01T03:30:00.000Z',
  );
  expect(iso(windowEnd(planned, schedule('0 2 * * *', utc), planned))).toBe('2026-01-02T02:00:00.000Z');
  expect(iso(windowEnd(planned, schedule('0 2 * * *', utc), ms('2026-01-04T00:00Z')))).toBe('2026-01-04T02:00:00.000Z');
});

describe('what is refused', () => {
  const now = ms('2026-01-01T00:00Z');
  test.each([
    ['* * * *', {}, 'five fields'],
    ['* * * * * *', {}, 'five fields'],
    ['@daily', {}, 'five fields'],
    ['61 * * * *', {}, 'five fields'],
    ['0 0 31 2 *', {}, 'never'],
    ['*/5 * * * *', {}, 'at least 15 minutes'],
    ['0,5 3 * * *', {}, 'at least 15 minutes'],
    ['0 2 * * *', { time_zone: 'Mars/Olympus' }, 'time zone'],
    ['0 2 * * *', { time_zone: '+01:00' }, 'time zone'],
    ['0 2 * * *', { jitter_minutes: 30, window_minutes: 30 }, 'jitter'],
    ['0 * * * *', { jitter_minutes: 60 }, 'jitter'],
  ])('%s %j', (cron, more, problem) => {
    expect(scheduleProblem(schedule(cron, more), 15, now)).toContain(problem);
  });
  test.each(['0 2 * * *', '*/15 * * * *', '30 1 * * MON-FRI', '0 0 L * *', '0 4 * * SUN#1', '0 0 29 2 *'])(
    'but not %s',
    (cron) => {
      expect(scheduleProblem(schedule(cron, { jitter_minutes: 5 }), 15, now)).toBeUndefined();
      expect(nextTime(schedule(cron), now)).toBeGreaterThan(now);
    },
  );
});

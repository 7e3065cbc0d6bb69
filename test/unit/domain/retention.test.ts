import { describe, expect, test } from '@jest/globals';
import { type RetainedPoint, retain } from '../../../src/domain/points/retention.ts';
import type { RetentionRule } from '../../../src/domain/policies/backup-policy.ts';

const NONE: RetentionRule = { keep_last: 0, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 };
const point = (at: string, more: Partial<RetainedPoint> = {}): RetainedPoint => ({
  ...{ id: at, atMs: Date.parse(at), state: 'good', protected: false },
  ...more,
});
const kept = (points: RetainedPoint[], rule: Partial<RetentionRule>, zone = 'UTC') =>
  retain(points, { ...NONE, ...rule }, zone).flatMap(({ id, keep }) => (keep ? [id] : []));
const days = (count: number) =>
  Array.from({ length: count }, (_, n) =>
    point(`${new Date(Date.UTC(2026, 0, 1 + n, 2)).toISOString().slice(0, 16)}Z`),
  );

test('the union of what each part of the rule keeps, with the reasons', () => {
  const verdicts = retain(days(70), { ...NONE, keep_last: 2, weekly: 3, monthly: 2, yearly: 1 }, 'UTC');
  expect(verdicts.filter(({ keep }) => keep)).toEqual([
    {
      id: '2026-03-11T02:00Z',
      keep: true,
      reasons: ['newest', 'last', 'weekly 2026-W11', 'monthly 2026-03', 'yearly 2026'],
    },
    { id: '2026-03-10T02:00Z', keep: true, reasons: ['last'] },
    { id: '2026-03-08T02:00Z', keep: true, reasons: ['weekly 2026-W10'] },
    { id: '2026-03-01T02:00Z', keep: true, reasons: ['weekly 2026-W09'] },
    { id: '2026-02-28T02:00Z', keep: true, reasons: ['monthly 2026-02'] },
  ]);
});

test('days without a backup count for nothing: the last n days that have one', () => {
  const points = ['2026-01-01T02:00Z', '2026-01-05T02:00Z', '2026-01-05T14:00Z', '2026-03-01T02:00Z'].map((at) =>
    point(at),
  );
  expect(kept(points, { daily: 3 })).toEqual(['2026-03-01T02:00Z', '2026-01-05T14:00Z', '2026-01-01T02:00Z']);
});

test('days are those of the zone', () => {
  const points = ['2026-01-01T22:30Z', '2026-01-01T23:30Z'].map((at) => point(at));
  expect(kept(points, { daily: 5 })).toEqual(['2026-01-01T23:30Z']);
  expect(kept(points, { daily: 5 }, 'Europe/Berlin')).toHaveLength(2);
});

test('the hour that comes twice is two hours', () => {
  const points = ['2026-10-25T00:30Z', '2026-10-25T01:30Z'].map((at) => point(at));
  expect(kept(points, { hourly: 5 }, 'Europe/Berlin')).toHaveLength(2);
});

test('weeks are ISO’s: the first days of January may be of the old year', () => {
  const verdicts = retain([point('2027-01-01T00:00Z'), point('2027-01-04T00:00Z')], { ...NONE, weekly: 2 }, 'UTC');
  expect(verdicts.flatMap(({ reasons }) => reasons)).toEqual(['newest', 'weekly 2027-W01', 'weekly 2026-W53']);
});

describe('what never goes', () => {
  const rule = { keep_last: 1 };
  test('the newest good one, also when the rule keeps nothing', () => {
    expect(kept(days(3), {})).toEqual(['2026-01-03T02:00Z']);
    expect(kept([...days(1), point('2026-02-01T00:00Z', { state: 'failed' })], rule)).toContain('2026-01-01T02:00Z');
  });
  test('a protected one, and one that is being worked on', () => {
    const points = [
      point('2026-01-01T00:00Z', { protected: true }),
      point('2026-01-02T00:00Z', { state: 'moving' }),
      ...days(9).slice(5),
    ];
    expect(kept(points, rule)).toEqual(['2026-01-09T02:00Z', '2026-01-02T00:00Z', '2026-01-01T00:00Z']);
  });
  test('anything, while the newest was found bad', () => {
    const points = [...days(5), point('2026-02-01T00:00Z', { state: 'bad' })];
    expect(kept(points, rule)).toHaveLength(6);
    expect(kept([...points, point('2026-02-02T00:00Z')], rule)).toEqual(['2026-02-02T00:00Z']);
  });
  test('anything, without a rule', () => {
    expect(retain(days(3), null, 'UTC').every(({ keep }) => keep)).toBe(true);
  });
});

test('what failed goes with its time', () => {
  const points = [
    ...days(4),
    point('2026-01-01T12:00Z', { state: 'failed' }),
    point('2026-01-03T12:00Z', { state: 'failed' }),
  ];
  expect(kept(points, { keep_last: 2 })).toEqual(['2026-01-04T02:00Z', '2026-01-03T12:00Z', '2026-01-03T02:00Z']);
});

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type RetainedPoint, retain } from '../../src/domain/points/retention.ts';
import type { RetentionRule } from '../../src/domain/policies/backup-policy.ts';
import { rounds, seed } from '../world/sampling.ts';

const RUNS = rounds(1_000);
const ZONES = ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Pacific/Apia'];

const number = fc.nat({ max: 8 });
const rule = fc.record<RetentionRule>({
  ...{ keep_last: number, hourly: number, daily: number, weekly: number, monthly: number, yearly: number },
});
const state = fc.constantFrom<RetainedPoint['state']>('good', 'good', 'good', 'good', 'failed', 'bad', 'moving');
/** Some minutes to some weeks apart, over the changes of the clocks. */
const points = fc
  .array(
    fc.record({ gap: fc.oneof(fc.nat(90), fc.nat(60 * 24), fc.nat(60 * 24 * 40)), state, protected: fc.boolean() }),
    {
      maxLength: 60,
    },
  )
  .map((list) => {
    let atMs = Date.UTC(2025, 8, 1);
    return list.map((one, n): RetainedPoint => {
      atMs += (one.gap + 1) * 60_000;
      return { id: `p${n}`, atMs, state: one.state, protected: one.protected && n % 3 === 0 };
    });
  });
const zone = fc.constantFrom(...ZONES);

const check = (property: fc.IProperty<[RetainedPoint[], RetentionRule, string]>) =>
  fc.assert(property, { seed, numRuns: RUNS });
const keptOf = (list: readonly RetainedPoint[], keep: RetentionRule, where: string): RetainedPoint[] => {
  const ids = new Set(retain(list, keep, where).flatMap((one) => (one.keep ? [one.id] : [])));
  return list.filter(({ id }) => ids.has(id));
};
const ids = (list: readonly RetainedPoint[]) => list.map(({ id }) => id);

test('applied again it removes nothing more; the order of points is nothing to it', () => {
  check(
    fc.property(points, rule, zone, (list, keep, where) => {
      const once = keptOf(list, keep, where);
      expect(ids(keptOf(once, keep, where))).toEqual(ids(once));
      expect(retain([...list].reverse(), keep, where)).toEqual(retain(list, keep, where));
    }),
  );
});

test('a rule that keeps more keeps all of what one that keeps less does', () => {
  fc.assert(
    fc.property(points, rule, zone, rule, (list, less, where, more) => {
      const larger = Object.fromEntries(
        Object.entries(less).map(([key, count]) => [key, count + more[key as keyof RetentionRule]]),
      ) as unknown as RetentionRule;
      const good = (one: RetainedPoint) => one.state === 'good';
      const few = ids(keptOf(list, less, where).filter(good));
      expect(ids(keptOf(list, larger, where).filter(good))).toEqual(expect.arrayContaining(few));
    }),
    { seed, numRuns: RUNS },
  );
});

test('what is good and newest, protected, or in work stays; bad news stop it', () => {
  check(
    fc.property(points, rule, zone, (list, keep, where) => {
      const kept = new Set(ids(keptOf(list, keep, where)));
      const newest = list.findLast((one) => one.state === 'good');
      if (newest) expect(kept).toContain(newest.id);
      for (const one of list) if (one.protected || one.state === 'moving') expect(kept).toContain(one.id);
      if (list.findLast((one) => one.state !== 'moving' && one.state !== 'failed')?.state === 'bad')
        expect(kept.size).toBe(list.length);
    }),
  );
});

test('after each new point or only at the end: the same points remain, so that a simulation can say which', () => {
  check(
    fc.property(points, rule, zone, (all, keep, where) => {
      const list = all.filter((one) => one.state === 'good');
      let now: RetainedPoint[] = [];
      for (const one of list) now = keptOf([...now, one], keep, where);
      expect(ids(now)).toEqual(ids(keptOf(list, keep, where)));
    }),
  );
});

test('it keeps no more than it says', () => {
  check(
    fc.property(points, rule, zone, (all, keep, where) => {
      const list = all.map((one) => ({ ...one, state: 'good' as const, protected: false }));
      const most = Object.values(keep).reduce((sum, count) => sum + count, 0);
      expect(keptOf(list, keep, where).length).toBeLessThanOrEqual(Math.max(most, 1));
    }),
  );
});

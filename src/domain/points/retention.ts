import { BoundedMap } from '../bounded-map.ts';
import type { RetentionRule } from '../policies/backup-policy.ts';

/** A point of one policy, for one server, on one target. */
export interface RetainedPoint {
  id: string;
  /** Its planned time: the day, week … for which it counts. */
  atMs: number;
  state: /** can be restored */
    | 'good'
    /** a check found it bad */
    | 'bad'
    /** never became a point */
    | 'failed'
    /** being made or deleted */
    | 'moving';
  protected: boolean;
}

export interface Verdict {
  id: string;
  keep: boolean;
  /** `last`, `daily 2026-01-31`, `protected`, …; empty when the point goes. */
  reasons: string[];
}

/**
 * Decides what a rule keeps: the newest good point of each of the last n hours, days … that have one, in the zone's own
 * calendar; a point goes when nothing keeps it. Order, clock and repetition change nothing. The newest good point and
 * protected ones always stay; while the newest of all was found bad, everything stays. Null: everything stays. Verdicts
 * come newest first.
 */
export function retain(points: readonly RetainedPoint[], rule: RetentionRule | null, timeZone: string): Verdict[] {
  const sorted = [...points].sort((a, b) => b.atMs - a.atMs || (a.id < b.id ? 1 : -1));
  const reasons = new Map<string, string[]>(sorted.map((point) => [point.id, []]));
  const keep = (id: string, reason: string) => reasons.get(id)?.push(reason);
  const good = sorted.filter((point) => point.state === 'good');
  const newest = sorted.find((point) => point.state !== 'moving' && point.state !== 'failed');

  if (good[0]) keep(good[0].id, 'newest');
  if (rule === null) for (const { id } of sorted) keep(id, 'no retention');
  else for (const { id, reason } of kept(good, rule, timeZone)) keep(id, reason);
  const oldestKept = good.findLast((point) => reasons.get(point.id)?.length);
  for (const point of sorted) {
    if (point.state === 'moving') keep(point.id, 'in work');
    if (point.protected) keep(point.id, 'protected');
    if (newest?.state === 'bad') keep(point.id, 'the newest is damaged');
    // A point that is not good counts for nothing; it goes with its time.
    if (isOff(point) && (oldestKept === undefined || point.atMs >= oldestKept.atMs)) keep(point.id, 'recent');
  }
  return sorted.map(({ id }) => ({ id, keep: (reasons.get(id) ?? []).length > 0, reasons: reasons.get(id) ?? [] }));
}

const isOff = ({ state }: RetainedPoint): boolean => state === 'bad' || state === 'failed';

function kept(good: readonly RetainedPoint[], rule: RetentionRule, timeZone: string): { id: string; reason: string }[] {
  const found = good.slice(0, rule.keep_last).map(({ id }) => ({ id, reason: 'last' }));
  for (const [span, most] of spans(rule)) {
    const seen = new Set<string>();
    if (most === 0) continue;
    for (const { id, atMs } of good) {
      const bucket = BUCKETS[span](local(atMs, timeZone));
      if (seen.has(bucket)) continue;
      if (seen.size === most) break;
      seen.add(bucket);
      found.push({ id, reason: `${span} ${bucket}` });
    }
  }
  return found;
}

type Span = 'hourly' | 'daily' | 'weekly' | 'monthly' | 'yearly';

const spans = (rule: RetentionRule): [Span, number][] => [
  ['hourly', rule.hourly],
  ['daily', rule.daily],
  ['weekly', rule.weekly],
  ['monthly', rule.monthly],
  ['yearly', rule.yearly],
];

/** Local time with its offset to UTC, which distinguishes the hour before the clocks go back from the one after. */
interface Local {
  year: string;
  month: string;
  day: string;
  hour: string;
  offset: string;
}

const BUCKETS: Record<Span, (at: Local) => string> = {
  hourly: ({ year, month, day, hour, offset }) => `${year}-${month}-${day}T${hour}${offset}`,
  daily: ({ year, month, day }) => `${year}-${month}-${day}`,
  weekly: isoWeek,
  monthly: ({ year, month }) => `${year}-${month}`,
  yearly: ({ year }) => year,
};

/** ISO 8601: weeks begin on Monday, and belong to the year of their Thursday. */
function isoWeek({ year, month, day }: Local): string {
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  date.setUTCDate(date.getUTCDate() + 3 - ((date.getUTCDay() + 6) % 7));
  const firstMs = Date.UTC(date.getUTCFullYear(), 0, 1);
  const week = 1 + Math.floor((date.getTime() - firstMs) / (7 * 86_400_000));
  return `${date.getUTCFullYear()}-W${String(week).padStart(2, '0')}`;
}

/** There are some hundred zones, and each name may be written in capitals or not. */
const MAX_FORMATS = 1_000;
const formats = new BoundedMap<string, Intl.DateTimeFormat>(MAX_FORMATS);

/** Asking a zone's calendar takes longer than everything else, and the same times are asked about again and again. */
const MAX_KNOWN = 50_000;
const known = new BoundedMap<string, Local>(MAX_KNOWN);
/** Offsets of zones to UTC are quarters of hours, and do not change within one. */
const QUARTER_MS = 900_000;

function local(atMs: number, timeZone: string): Local {
  const key = `${timeZone} ${Math.floor(atMs / QUARTER_MS)}`;
  const before = known.get(key);
  if (before) return before;
  const found = readLocal(atMs, timeZone);
  known.set(key, found);
  return found;
}

function readLocal(atMs: number, timeZone: string): Local {
  const format = formats.get(timeZone) ?? newFormat(timeZone);
  const parts = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
  const { year = '', month = '', day = '', hour = '', timeZoneName = '' } = parts;
  return { year, month, day, hour, offset: timeZoneName.replace('GMT', '') };
}

function newFormat(timeZone: string): Intl.DateTimeFormat {
  const two = '2-digit' as const;
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, calendar: 'iso8601', hourCycle: 'h23', timeZoneName: 'longOffset' },
    ...{ year: 'numeric', month: two, day: two, hour: two },
  } as Intl.DateTimeFormatOptions);
  formats.set(timeZone, format);
  return format;
}

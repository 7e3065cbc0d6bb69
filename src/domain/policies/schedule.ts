import { createHash } from 'node:crypto';
import { Cron } from 'croner';
import type { Schedule } from './backup-policy.ts';

const MS_PER_MINUTE = 60_000;
const FIVE_FIELDS = /^[0-9A-Za-z*/,\-#?]{1,100}( [0-9A-Za-z*/,\-#?]{1,100}){4}$/;
const ZONE = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+){0,2}$/;
/** Number of times that are compared to find the shortest distance: more than a day of one every ten minutes. */
const TIMES_TO_COMPARE = 200;
/** Where the last time before a moment is searched, from near to far. */
const LOOK_BACK_MS = [3_600_000, 86_400_000, 32 * 86_400_000, 366 * 86_400_000, 5 * 366 * 86_400_000];

type When = Pick<Schedule, 'cron' | 'time_zone'>;

/**
 * What is wrong with a schedule, in words for its author; undefined: nothing. Summer time is handled in croner's way: a
 * fixed time that does not exist on a day becomes the first moment after the gap; one that exists twice is used once,
 * the first time; what repeats (`*`) goes on through both.
 */
export function scheduleProblem(schedule: Schedule, shortestMinutes: number, afterMs: number): string | undefined {
  if (!ZONE.test(schedule.time_zone) || !isZone(schedule.time_zone)) return 'time_zone: there is no such time zone';
  if (!FIVE_FIELDS.test(schedule.cron) || !isCron(schedule)) return 'cron: must be five fields like 0 2 * * *';
  const times = timesBetween(schedule, afterMs, Number.POSITIVE_INFINITY, TIMES_TO_COMPARE);
  if (times.length === 0) return 'cron: that day never comes';
  const shortest = Math.min(...times.slice(1).map((time, index) => time - (times[index] ?? 0)));
  if (shortest < shortestMinutes * MS_PER_MINUTE) return `cron: must leave at least ${shortestMinutes} minutes between`;
  const jitter = schedule.jitter_minutes * MS_PER_MINUTE;
  if (jitter > 0 && jitter >= Math.min(shortest, (schedule.window_minutes ?? Infinity) * MS_PER_MINUTE))
    return 'jitter_minutes: must be shorter than the window and than the time between two runs';
  return undefined;
}

/** The first planned time after `afterMs`; undefined: there is none. */
export function nextTime(when: When, afterMs: number): number | undefined {
  return cronOf(when).nextRun(new Date(afterMs))?.getTime();
}

/** The last planned time in `[fromMs, untilMs]`. However many passed while nobody looked, this one is made up for. */
export function lastTime(when: When, fromMs: number, untilMs: number): number | undefined {
  for (const back of LOOK_BACK_MS) {
    const times = timesBetween(when, Math.max(fromMs, untilMs - back) - 1, untilMs + 1, Number.POSITIVE_INFINITY);
    if (times.length > 0) return times.at(-1);
    if (untilMs - back <= fromMs) return undefined;
  }
  return undefined;
}

/** Planned times after `afterMs` and before `beforeMs`, at most `most`. */
export function timesBetween(when: When, afterMs: number, beforeMs: number, most: number): number[] {
  const cron = cronOf(when);
  const times: number[] = [];
  let time = cron.nextRun(new Date(afterMs))?.getTime();
  while (time !== undefined && time < beforeMs && times.length < most) {
    times.push(time);
    time = cron.nextRun(new Date(time))?.getTime();
  }
  return times;
}

/**
 * When a server's run begins: always at the same point within the jitter, so that a server's runs are evenly spaced.
 */
export function dueTime(plannedMs: number, schedule: Schedule, policyId: string, serverId: string): number {
  const spreadMs = schedule.jitter_minutes * MS_PER_MINUTE;
  if (spreadMs === 0) return plannedMs;
  const hash = createHash('sha256').update(`${policyId}/${serverId}`).digest().readUInt32BE(0);
  return plannedMs + Math.floor((hash / 2 ** 32) * spreadMs);
}

/** Until when a run for this time may begin. `nowMs`: when it was planned, which may be late. */
export function windowEnd(plannedMs: number, schedule: Schedule, nowMs: number): number {
  if (schedule.window_minutes !== null) return plannedMs + schedule.window_minutes * MS_PER_MINUTE;
  return nextTime(schedule, Math.max(plannedMs, nowMs)) ?? plannedMs + 366 * 86_400_000;
}

function cronOf({ cron, time_zone }: When): Cron {
  return new Cron(cron, { timezone: time_zone, paused: true, mode: '5-part' });
}

function isCron(when: When): boolean {
  try {
    cronOf(when);
    return true;
  } catch {
    return false;
  }
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

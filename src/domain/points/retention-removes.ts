import type { BackupPolicy } from '../policies/backup-policy.ts';
import { type PolicyPoint, retainedPointOf } from './retained-point.ts';
import { type RetainedPoint, retain } from './retention.ts';

/** Clocks are that far apart at most, and planned times that far ahead. */
const MOST_AHEAD_MS = 86_400_000;

/**
 * What a policy's retention does not keep now. A server and a target are looked at alone: the last good one on each stays.
 * Points of the future are of a clock that was wrong (or ours is): they stay, and count for nothing, as the newest ones of
 * all they would cost those that are.
 */
export function retentionRemoves(
  { retention, schedule }: Pick<BackupPolicy, 'retention' | 'schedule'>,
  points: readonly PolicyPoint[],
  nowMs: number,
): PolicyPoint[] {
  const seen = (point: PolicyPoint): RetainedPoint => {
    const retained = retainedPointOf(point);
    return retained.atMs > nowMs + MOST_AHEAD_MS ? { ...retained, state: 'moving' } : retained;
  };
  const lines = Map.groupBy(points, (point) => `${point.server_id} ${point.target}`);
  return [...lines.values()].flatMap((line) => {
    const verdicts = retain(line.map(seen), retention, schedule.time_zone);
    const kept = new Map(verdicts.map((verdict) => [verdict.id, verdict.keep]));
    return line.filter((point) => kept.get(point.id) === false);
  });
}

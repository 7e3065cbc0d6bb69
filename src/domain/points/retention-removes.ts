import type { BackupPolicy } from '../policies/backup-policy.ts';
import { type PolicyPoint, retainedPointOf } from './retained-point.ts';
import { type RetainedPoint, retain } from './retention.ts';

/** Clocks differ by this much at most, and planned times are this far ahead at most. */
const MOST_AHEAD_MS = 86_400_000;

/**
 * What a policy's retention does not keep now. Each server and target is looked at by itself: the last good point on
 * each stays. A point in the future comes from a clock that was wrong (or ours is): it stays and counts for nothing,
 * because as the newest of all it would displace the others.
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

import type { BackupPolicy } from './backup-policy.ts';
import { type PolicyPoint, retainedPointOf } from './retained-point.ts';
import { retain } from './retention.ts';

/** What a policy's retention does not keep now. A server and a target are looked at alone: the last good one on each stays. */
export function retentionRemoves(
  { retention, schedule }: Pick<BackupPolicy, 'retention' | 'schedule'>,
  points: readonly PolicyPoint[],
): PolicyPoint[] {
  const lines = Map.groupBy(points, (point) => `${point.server_id} ${point.target}`);
  return [...lines.values()].flatMap((line) => {
    const verdicts = retain(line.map(retainedPointOf), retention, schedule.time_zone);
    const kept = new Map(verdicts.map((verdict) => [verdict.id, verdict.keep]));
    return line.filter((point) => kept.get(point.id) === false);
  });
}

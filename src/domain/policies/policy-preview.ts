import { type PolicyPoint, retainedPointOf } from '../points/retained-point.ts';
import { type RetainedPoint, retain } from '../points/retention.ts';
import type { BackupPolicy } from './backup-policy.ts';
import { dueTime, timesBetween } from './schedule.ts';

interface SimulatedRun {
  server_id: string;
  target: string;
  planned_at: string;
  /** Includes the jitter. */
  due_at: string;
  /** Whether its backup still exists at the end, if all go well. */
  kept_at_end: boolean;
}

interface SimulatedBackup {
  id: string;
  server_id: string;
  target: string;
  planned_at: string | null;
  /** Retention's present verdict. */
  keep: boolean;
  reasons: string[];
  kept_at_end: boolean;
}

export interface Simulation {
  runs: SimulatedRun[];
  backups: SimulatedBackup[];
  /** True: not all runs are listed, because there are more than `most`. */
  truncated: boolean;
}

/** A server on a target: retention looks at each by itself. */
interface Line {
  serverId: string;
  target: string;
  made: PolicyPoint[];
}

/**
 * What a policy will make in `[fromMs, untilMs)`, and what its retention keeps of the existing backups, now and at the
 * end.
 */
export function simulatePolicy(
  policy: BackupPolicy,
  given: {
    serverIds: readonly string[];
    backups: readonly PolicyPoint[];
    fromMs: number;
    untilMs: number;
    most: number;
  },
): Simulation {
  const lines = linesOf(policy, given.serverIds, given.backups);
  const covered = given.serverIds.length * policy.targets.length;
  const most = covered === 0 ? 0 : Math.floor(given.most / covered);
  const times = timesBetween(policy.schedule, given.fromMs - 1, given.untilMs, most + 1);
  const shown = times.slice(0, most);
  const parts = lines.map((line) => {
    const planned = given.serverIds.includes(line.serverId) && policy.targets.includes(line.target) ? shown : [];
    return simulateLine(policy, line, planned);
  });
  return {
    runs: parts
      .flatMap((part) => part.runs)
      .sort((a, b) => (a.planned_at < b.planned_at ? -1 : Number(a.planned_at > b.planned_at))),
    backups: parts.flatMap((part) => part.backups),
    truncated: covered > 0 && times.length > most,
  };
}

function linesOf(policy: BackupPolicy, serverIds: readonly string[], backups: readonly PolicyPoint[]): Line[] {
  const lines = new Map<string, Line>();
  const lineOf = (serverId: string, target: string): Line => {
    const key = `${serverId} ${target}`;
    const line = lines.get(key) ?? { serverId, target, made: [] };
    lines.set(key, line);
    return line;
  };
  for (const serverId of serverIds) for (const target of policy.targets) lineOf(serverId, target);
  for (const backup of backups) lineOf(backup.server_id, backup.target).made.push(backup);
  return [...lines.values()];
}

function simulateLine(policy: BackupPolicy, { serverId, target, made }: Line, times: readonly number[]) {
  const { retention, schedule } = policy;
  const points = made.map(retainedPointOf);
  const coming = times.map((atMs): RetainedPoint => ({ id: `run ${atMs}`, atMs, state: 'good', protected: false }));
  const now = new Map(retain(points, retention, schedule.time_zone).map((one) => [one.id, one]));
  const end = new Map(retain([...points, ...coming], retention, schedule.time_zone).map((one) => [one.id, one.keep]));
  return {
    runs: coming.map(({ id, atMs }) => ({
      server_id: serverId,
      target,
      planned_at: new Date(atMs).toISOString(),
      due_at: new Date(dueTime(atMs, schedule, policy.id, serverId)).toISOString(),
      kept_at_end: end.get(id) ?? false,
    })),
    backups: made.map(({ id, planned_at }) => ({
      ...{ id, server_id: serverId, target, planned_at },
      ...{ keep: now.get(id)?.keep ?? true, reasons: now.get(id)?.reasons ?? [] },
      kept_at_end: end.get(id) ?? true,
    })),
  };
}

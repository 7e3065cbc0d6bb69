import { byText } from '../order.ts';
import type { BackupPolicy } from '../policies/backup-policy.ts';
import { covers, type SelectableServer } from '../policies/policy-servers.ts';

const MS_PER_MINUTE = 60_000;

/** How well a server is protected. */
export interface Protection {
  /** Ids of the enabled policies that cover it. */
  policies: string[];
  protected: boolean;
  newest_backup_at: string | null;
  /** The shortest objective of its policies; null: none has one. */
  rpo_minutes: number | null;
  rpo_missed: boolean;
  next_run_at: string | null;
}

/**
 * `newest`: when the content of its newest good backup was taken. A server without a backup misses its objective when
 * it is itself older than that.
 */
export function protectionOf(
  server: SelectableServer & { createdAt: string | null },
  policies: readonly BackupPolicy[],
  newest: string | null,
  nowMs: number,
): Protection {
  const mine = policies.filter((policy) => policy.enabled && covers(policy.servers, server));
  const objectives = mine.flatMap((policy) => policy.rpo_minutes ?? []);
  const rpo_minutes = objectives.length === 0 ? null : Math.min(...objectives);
  const since = newest ?? server.createdAt;
  const ageMs = since === null ? 0 : nowMs - Date.parse(since);
  return {
    policies: mine.map((policy) => policy.id),
    protected: mine.length > 0,
    newest_backup_at: newest,
    rpo_minutes,
    rpo_missed: rpo_minutes !== null && ageMs > rpo_minutes * MS_PER_MINUTE,
    next_run_at: mine.flatMap((policy) => policy.next_run_at ?? []).sort(byText)[0] ?? null,
  };
}

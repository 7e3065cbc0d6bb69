import type { Message } from '../../domain/message.ts';
import type { BackupPolicy, PolicyRun } from '../../domain/policies/backup-policy.ts';
import type { ListQuery } from './list-query.ts';

/** Policies and their runs. Lists reject with `marker.unknown` (400). */
export interface Policies {
  policy(id: string, projectId: string | null): Promise<BackupPolicy | undefined>;
  listPolicies(query: ListQuery): Promise<BackupPolicy[]>;
  countPolicies(query: ListQuery): Promise<number>;
  /** Rejects with `quota.policies` (403) when the project already has `most`. */
  createPolicy(policy: BackupPolicy, most: number): Promise<void>;
  /** A trust that it had before is remembered until `trustGone`. */
  updatePolicy(id: string, change: Partial<BackupPolicy>): Promise<void>;
  /** Removes its runs too; its backups stay. */
  removePolicy(id: string): Promise<void>;
  /** Enabled policies whose time has come; the longest overdue first, at most `most`. */
  duePolicies(now: string, most: number): Promise<BackupPolicy[]>;
  /**
   * Turns one planned time into runs and moves on to the next, all or nothing. False: the policy no longer matches
   * `seen`, and nothing changed. An existing run stays as it is.
   */
  plan(
    seen: BackupPolicy,
    change: Partial<BackupPolicy>,
    runs: readonly PolicyRun[],
    messages?: readonly Message[],
  ): Promise<boolean>;
  /** Server → when the content of its newest good backup was taken, whoever made it. Null: for all projects. */
  newestPoints(projectId: string | null): Promise<Map<string, string>>;
  /**
   * A trust was made for a policy that is about to be saved: if none is saved with it within a quarter of an hour, the
   * trust counts as old.
   */
  trustMade(trustId: string): Promise<void>;
  /** Trusts that belong to no policy. */
  oldTrusts(): Promise<string[]>;
  trustGone(trustId: string): Promise<void>;

  policyRun(id: string, projectId: string | null): Promise<PolicyRun | undefined>;
  listPolicyRuns(query: ListQuery): Promise<PolicyRun[]>;
  countPolicyRuns(query: ListQuery): Promise<number>;
  /** Waiting runs whose time has come: at most `each` for each project, the longest unchanged first. */
  dueRuns(now: string, each: number): Promise<PolicyRun[]>;
  /**
   * Changes the run only if its status is `from`; the message is written with it. False: somebody else was faster, and
   * nothing changed.
   */
  changeRun(id: string, from: PolicyRun['status'], change: Partial<PolicyRun>, message?: Message): Promise<boolean>;
  /** Removes all runs that ended before this. */
  pruneRuns(before: string): Promise<void>;
}

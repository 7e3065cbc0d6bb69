import type { Message } from '../../domain/message.ts';
import type { BackupPolicy, PolicyRun } from '../../domain/policies/backup-policy.ts';
import type { ListQuery } from './list-query.ts';

/** Policies and their runs. Lists reject with `marker.unknown` (400). */
export interface Policies {
  policy(id: string, projectId: string | null): Promise<BackupPolicy | undefined>;
  listPolicies(query: ListQuery): Promise<BackupPolicy[]>;
  countPolicies(query: ListQuery): Promise<number>;
  /** Rejects with `quota.policies` (403) when the project has `most` already. */
  createPolicy(policy: BackupPolicy, most: number): Promise<void>;
  /** A trust that it had before is kept in mind until `trustGone`. */
  updatePolicy(id: string, change: Partial<BackupPolicy>): Promise<void>;
  /** Its runs go with it; its backups stay. */
  removePolicy(id: string): Promise<void>;
  /** Enabled, and their time has come; the longest overdue first, at most `most`. */
  duePolicies(now: string, most: number): Promise<BackupPolicy[]>;
  /**
   * Turns one planned time into runs and moves on to the next, all or nothing. False: the policy is not any more what
   * `seen` says; then nothing changed. A run that is there already stays as it is.
   */
  plan(
    seen: BackupPolicy,
    change: Partial<BackupPolicy>,
    runs: readonly PolicyRun[],
    messages?: readonly Message[],
  ): Promise<boolean>;
  /** Server → when the content of its newest good backup was taken, of whoever made it. Null: of all projects. */
  newestPoints(projectId: string | null): Promise<Map<string, string>>;
  /** Just made, for a policy that is about to be saved: when none is saved with it in a quarter of an hour, it is an old one. */
  trustMade(trustId: string): Promise<void>;
  /** Trusts that no policy has. */
  oldTrusts(): Promise<string[]>;
  trustGone(trustId: string): Promise<void>;

  policyRun(id: string, projectId: string | null): Promise<PolicyRun | undefined>;
  listPolicyRuns(query: ListQuery): Promise<PolicyRun[]>;
  countPolicyRuns(query: ListQuery): Promise<number>;
  /** Runs that wait and whose time has come: of each project at most `each`, those that nothing was noted on for longest. */
  dueRuns(now: string, each: number): Promise<PolicyRun[]>;
  /** Only from `from`; the message is written with it. False: somebody else was faster, nothing changed. */
  changeRun(id: string, from: PolicyRun['status'], change: Partial<PolicyRun>, message?: Message): Promise<boolean>;
  /** Runs that ended before this, all of them. */
  pruneRuns(before: string): Promise<void>;
}

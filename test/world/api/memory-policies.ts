import { RewindError } from '../../../src/domain/errors.ts';
import type { Message } from '../../../src/domain/message.ts';
import type { BackupPolicy, PolicyRun } from '../../../src/domain/policies/backup-policy.ts';
import type { Policies } from '../../../src/ports/stores/policies.ts';
import { matching, page, visible } from './memory-stores.ts';

/** Policies and their runs in memory, with the promises of the port and nothing else. */
export class MemoryPolicies implements Policies {
  rows = new Map<string, BackupPolicy>();
  runs = new Map<string, PolicyRun>();
  messages: Message[] = [];
  old = new Set<string>();
  /** Trusts that no policy was saved with yet. */
  made = new Set<string>();

  policy: Policies['policy'] = async (id, project) => visible(this.rows.get(id), project);
  listPolicies: Policies['listPolicies'] = async (query) => page([...this.rows.values()], query);
  countPolicies: Policies['countPolicies'] = async (query) => matching([...this.rows.values()], query).length;
  policyRun: Policies['policyRun'] = async (id, project) => visible(this.runs.get(id), project);
  listPolicyRuns: Policies['listPolicyRuns'] = async (query) => page([...this.runs.values()], query);
  countPolicyRuns: Policies['countPolicyRuns'] = async (query) => matching([...this.runs.values()], query).length;

  async createPolicy(policy: BackupPolicy, most: number): Promise<void> {
    const mine = [...this.rows.values()].filter((one) => one.project_id === policy.project_id);
    if (mine.length >= most) throw new RewindError('quota.policies', 'Too many.');
    this.rows.set(policy.id, policy);
    this.made.delete(policy.trust_id ?? '');
  }

  async updatePolicy(id: string, change: Partial<BackupPolicy>): Promise<void> {
    const policy = this.rows.get(id);
    if (!policy) return;
    if (change.trust_id !== undefined && policy.trust_id && policy.trust_id !== change.trust_id)
      this.old.add(policy.trust_id);
    this.rows.set(id, { ...policy, ...change });
    this.made.delete(change.trust_id ?? '');
  }

  async trustMade(trustId: string): Promise<void> {
    this.made.add(trustId);
  }

  async removePolicy(id: string): Promise<void> {
    const policy = this.rows.get(id);
    if (policy?.trust_id) this.old.add(policy.trust_id);
    this.rows.delete(id);
    for (const run of this.runs.values()) if (run.policy_id === id) this.runs.delete(run.id);
  }

  async duePolicies(now: string, most: number): Promise<BackupPolicy[]> {
    const due = [...this.rows.values()].filter(
      (one) => one.enabled && one.next_run_at !== null && one.next_run_at <= now,
    );
    return due.sort((a, b) => ((a.next_run_at ?? '') < (b.next_run_at ?? '') ? -1 : 1)).slice(0, most);
  }

  async dueRuns(now: string, each: number): Promise<PolicyRun[]> {
    const due = [...this.runs.values()].filter((run) => run.status === 'waiting' && run.due_at <= now);
    const lines = Map.groupBy(
      due.sort((a, b) => (a.updated_at < b.updated_at ? -1 : Number(a.updated_at > b.updated_at))),
      (run) => run.project_id,
    );
    return [...lines.values()].flatMap((line) => line.slice(0, each));
  }

  async plan(
    seen: BackupPolicy,
    change: Partial<BackupPolicy>,
    runs: readonly PolicyRun[],
    messages: readonly Message[] = [],
  ): Promise<boolean> {
    const now = this.rows.get(seen.id);
    if (!now?.enabled || now.next_run_at !== seen.next_run_at || now.updated_at !== seen.updated_at) return false;
    this.rows.set(seen.id, { ...now, ...change });
    const keyOf = (run: PolicyRun) => [run.policy_id, run.server_id, run.target, run.planned_at].join();
    const known = new Set([...this.runs.values()].map(keyOf));
    for (const run of runs) if (!known.has(keyOf(run))) this.runs.set(run.id, run);
    this.messages.push(...messages);
    return true;
  }

  async changeRun(
    id: string,
    from: PolicyRun['status'],
    change: Partial<PolicyRun>,
    message?: Message,
  ): Promise<boolean> {
    const run = this.runs.get(id);
    if (run?.status !== from) return false;
    this.runs.set(id, { ...run, ...change });
    if (message) this.messages.push(message);
    return true;
  }

  async pruneRuns(before: string): Promise<void> {
    for (const run of this.runs.values())
      if (!['waiting', 'submitted'].includes(run.status) && run.updated_at < before) this.runs.delete(run.id);
  }

  /** For tests that need it; the real one looks at the backups. */
  newest = new Map<string, string>();
  newestPoints = async (): Promise<Map<string, string>> => this.newest;
  oldTrusts = async (): Promise<string[]> => [...this.old];
  trustGone = async (id: string): Promise<void> => {
    this.old.delete(id);
    this.made.delete(id);
  };
}

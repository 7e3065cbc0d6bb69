import { enabledPolicies } from '../api/servers/list.ts';
import { RewindError } from '../domain/errors.ts';
import { protectionOf } from '../domain/points/protection.ts';
import { PROTECTION, type ProtectionReport } from '../domain/points/protection-report.ts';
import type { SchedulerParts } from './parts.ts';
import { tell } from './tell.ts';

/**
 * Looks at all servers of the cloud: which are covered, and which have missed their objective; sends one message for
 * each of the latter.
 */
export async function watchProtection(parts: SchedulerParts): Promise<void> {
  const { deps, admin, turns, name } = parts;
  const seen = await turns.look(PROTECTION);
  const before = new Set((seen?.report as ProtectionReport | undefined)?.missed ?? []);
  const [servers, policies, newest] = await Promise.all([
    admin.compute.servers(null),
    enabledPolicies(deps.policies, null),
    deps.policies.newestPoints(null),
  ]);
  const byProject = Map.groupBy(policies, (policy) => policy.project_id);
  const now = deps.clock.now();
  const report: ProtectionReport = { at: new Date(now).toISOString(), servers: 0, protected: 0, missed: [] };
  const messages = [];
  for (const server of servers) {
    const mine = byProject.get(server.projectId) ?? [];
    const found = protectionOf(server, mine, newest.get(server.id) ?? null, now);
    report.servers += 1;
    if (found.protected) report.protected += 1;
    if (!found.rpo_missed) continue;
    report.missed.push(server.id);
    const about = { projectId: server.projectId, resource: ['server', server.id] as ['server', string] };
    if (!before.has(server.id)) messages.push(tell(parts, about, missed(server.id, found.rpo_minutes ?? 0)));
  }
  await deps.messages.tell(messages);
  await turns.take(PROTECTION, seen, name, report);
}

const missed = (serverId: string, minutes: number): RewindError =>
  new RewindError('rpo.missed', `The newest good backup of server ${serverId} is older than ${minutes} minutes.`);

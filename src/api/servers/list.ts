import type { Caller } from '../../domain/caller.ts';
import { type Protection, protectionOf } from '../../domain/points/protection.ts';
import type { BackupPolicy } from '../../domain/policies/backup-policy.ts';
import type { Policies } from '../../ports/stores/policies.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { callersEyes } from '../shared/callers-eyes.ts';

export interface ShownServer extends Protection {
  id: string;
  name: string;
  status: string;
}

const PAGE = 1_000;

/** All servers of the caller's project, by name, and how well each is protected. Rejects with `forbidden` (403). */
export async function listServers(deps: ServiceDeps, caller: Caller): Promise<ShownServer[]> {
  const { projectId, userId } = caller;
  deps.policy.enforce('vm-backup:servers:list', caller, { project_id: projectId, user_id: userId });
  const [servers, policies, newest] = await Promise.all([
    callersEyes(deps, caller, projectId).servers(),
    enabledPolicies(deps.policies, projectId),
    deps.policies.newestPoints(projectId),
  ]);
  const now = deps.clock.now();
  const shown = servers.map((server) => ({
    ...{ id: server.id, name: server.name, status: server.status },
    ...protectionOf(server, policies, newest.get(server.id) ?? null, now),
  }));
  return shown.sort((a, b) => (a.name === b.name ? (a.id < b.id ? -1 : 1) : a.name < b.name ? -1 : 1));
}

/** For one project; null: for all. */
export async function enabledPolicies(
  policies: Pick<Policies, 'listPolicies'>,
  projectId: string | null,
): Promise<BackupPolicy[]> {
  const found: BackupPolicy[] = [];
  const filters = [{ field: 'enabled', op: 'eq' as const, values: ['true'] }];
  for (let marker: string | null = null; ; marker = found.at(-1)?.id ?? null) {
    const page = await policies.listPolicies({ projectId, filters, sort: [], limit: PAGE, marker });
    found.push(...page);
    if (page.length < PAGE) return found;
  }
}

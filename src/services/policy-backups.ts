import type { Backup } from '../domain/backup.ts';
import type { BackupPolicy } from '../domain/backup-policy.ts';
import type { Catalogue } from '../ports/stores.ts';

const PAGE = 1_000;
const MOST = 50_000;

/** What a policy made: of all servers, or of one. */
export async function policyBackups(
  { catalogue }: { catalogue: Pick<Catalogue, 'listBackups'> },
  { id, project_id }: Pick<BackupPolicy, 'id' | 'project_id'>,
  serverId?: string,
): Promise<Backup[]> {
  const filters = [{ field: 'policy_id', op: 'eq' as const, values: [id] }];
  if (serverId !== undefined) filters.push({ field: 'server_id', op: 'eq', values: [serverId] });
  const found: Backup[] = [];
  for (let marker: string | null = null; found.length < MOST; marker = found.at(-1)?.id ?? null) {
    const page = await catalogue.listBackups({ projectId: project_id, filters, sort: [], limit: PAGE, marker });
    found.push(...page);
    if (page.length < PAGE) break;
  }
  return found;
}

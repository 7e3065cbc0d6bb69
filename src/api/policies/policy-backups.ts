import type { PolicyPoint } from '../../domain/points/retained-point.ts';
import type { BackupPolicy } from '../../domain/policies/backup-policy.ts';
import type { Catalogue } from '../../ports/stores/catalogue.ts';

const MOST = 50_000;

/** The backups that a policy made: for all servers, or for one. Newest first. */
export function policyBackups(
  { catalogue }: { catalogue: Pick<Catalogue, 'pointsOfPolicy'> },
  { id, project_id }: Pick<BackupPolicy, 'id' | 'project_id'>,
  serverId?: string,
  most = MOST,
): Promise<PolicyPoint[]> {
  const of = { policyId: id, projectId: project_id, ...(serverId !== undefined && { serverId }) };
  return catalogue.pointsOfPolicy(of, most);
}

import type { Limits } from '../../domain/operations/quota.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';

/** The defaults, overridden by what an administrator decided for the project. */
export async function limitsOf(
  { quotas, settings }: Pick<ServiceDeps, 'quotas' | 'settings'>,
  projectId: string,
): Promise<Limits> {
  return { ...settings.defaultLimits, ...(await quotas.ofProject(projectId)) };
}

import { asRewindError } from '../../domain/errors.ts';
import type { ServiceDeps } from './api-deps.ts';

/** Removes trusts from Keystone now, if possible; the scheduler retries those that remain. */
export async function dropTrusts(
  deps: Pick<ServiceDeps, 'delegations' | 'policies' | 'log'>,
  trustIds: readonly string[],
): Promise<void> {
  for (const id of trustIds) {
    try {
      await deps.delegations.deleteTrust(id);
      await deps.policies.trustGone(id);
    } catch (error) {
      deps.log.warn('a trust could not be removed', { trust_id: id, err: asRewindError(error) });
    }
  }
}

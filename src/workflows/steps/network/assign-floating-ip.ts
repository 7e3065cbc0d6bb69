import type { PlannedFloatingIp } from '../../../domain/points/new-server-plan.ts';
import type { RecipeStep } from '../../world.ts';

/** Done last of all, with the tenant's rights: nothing is lost when it fails. */
export const assignFloatingIp: RecipeStep<{ floating: PlannedFloatingIp; portId: string }, null> = {
  name: 'assign-floating-ip',
  async act({ world, operation }, { floating, portId }) {
    const { network } = world.cloud.tenant(operation.project_id);
    await network.assignFloatingIp(floating.id, portId, floating.fixed_ip);
    return null;
  },
};

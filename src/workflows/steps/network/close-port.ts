import type { Networking } from '../../../ports/server-making.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import type { RecipeStep, World } from '../../world.ts';

export interface ClosePortInput {
  portId: string;
}

const WAS_UP = { wasUp: true };

const networkOf = ({ world, operation }: StepContext<World>): Networking =>
  world.cloud.tenant(operation.project_id).network;

/**
 * A new server boots once on disks that are not its own yet: blank ones, or its image as it came. Its config drive must
 * describe its ports from the beginning, so it has them; until it stands still again, no traffic passes them.
 */
export const closePort: RecipeStep<ClosePortInput, { wasUp: boolean }> = {
  name: 'close-port',
  async act(context, { portId }) {
    const network = networkOf(context);
    const port = await network.port(portId);
    const noted = (context.noted() as typeof WAS_UP | undefined)?.wasUp === true;
    // A port that belongs to a server already is in use there: an earlier release began this operation.
    if (!port?.adminStateUp || port.deviceId !== null) return { wasUp: noted };
    await context.note(WAS_UP);
    await context.proveLease();
    await network.setPortUp(portId, false);
    context.boundary('closed');
    return WAS_UP;
  },
  async undo(context, { portId }, output) {
    const wasUp = output?.wasUp ?? (context.noted() as typeof WAS_UP | undefined)?.wasUp ?? false;
    // Another undo removes a port that we made.
    if (wasUp && (await networkOf(context).port(portId))) await networkOf(context).setPortUp(portId, true);
  },
};

/** Done when the server stands still. */
export const openPort: RecipeStep<ClosePortInput, null> = {
  name: 'open-port',
  async act(context, { portId }) {
    await context.proveLease();
    await networkOf(context).setPortUp(portId, true);
    return null;
  },
};

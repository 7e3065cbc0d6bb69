import { RewindError } from '../../../domain/errors.ts';
import { attachPortAsAdmin } from '../../acts/server-acts.ts';
import { recordedServer } from '../../lookups/recorded-server-of.ts';
import type { PointRef } from '../../lookups/restore-source.ts';
import { serverStateOf } from '../../lookups/server-of.ts';
import { WAIT_ATTACHED_MS } from '../../recipe-limits.ts';
import type { RecipeStep } from '../../world.ts';

export interface AttachPortInput {
  point: PointRef;
  serverId: string;
  portId: string;
  recordedId: string | null;
}

/**
 * Attaches the port to the stopped server. When the server is removed again, the attachment goes with it; the port
 * stays, because it was made by itself.
 */
export const attachPort: RecipeStep<AttachPortInput, null> = {
  name: 'attach-port',
  async act(context, { point, serverId, portId, recordedId }) {
    const { admin } = context.world.cloud;
    const attached = async () => {
      const port = await admin.network.port(portId);
      if (port?.projectId !== context.operation.project_id || (port.deviceId && port.deviceId !== serverId))
        throw gone();
      return port.deviceId === serverId ? true : undefined;
    };
    if (await attached()) return null;
    const { ports } = await recordedServer(context, point);
    const tag = ports.find((port) => port.id === recordedId)?.tag ?? null;
    await attachPortAsAdmin(context, await serverStateOf(context, serverId), portId, tag);
    context.boundary('asked');
    await context.waitFor(
      attached,
      WAIT_ATTACHED_MS,
      () => new RewindError('port.not-attached', 'A port was not attached to the new server.'),
    );
    return null;
  },
};

const gone = (): RewindError =>
  new RewindError('port.not-attached', 'A port of the new server was given to something else, or is gone.', {
    fault: 'failed',
    hint: 'Free its address, and try again.',
  });

import { RewindError } from '../../domain/errors.ts';
import type { AttachHow } from '../../ports/openstack.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import { ATTACH_REFUSED_AFTER_MS, WAIT_ATTACHED_MS, WAIT_DETACHED_MS } from '../limits.ts';
import type { RecipeStep, World } from '../world.ts';

export interface AttachVolumeInput {
  serverId: string;
  volumeId: string;
  /** A server that we have locked listens to an admin only. */
  locked: boolean;
  how?: AttachHow;
}

/** Through Nova, as a tenant would. Nova says 200 at once and may fail silently: only `in-use` proves it. */
export const attachVolume: RecipeStep<AttachVolumeInput, null> = {
  name: 'attach-volume',
  async find(context, input) {
    const volume = await context.world.cloud.admin.blockStorage.volume(input.volumeId);
    if (!volume?.attachments.some((one) => one.serverId === input.serverId)) {
      return volume?.status === 'available' ? undefined : inUse(context, input);
    }
    return inUse(context, input);
  },
  async act(context, input) {
    const { cloud } = context.world;
    const { compute } = input.locked ? cloud.admin : cloud.tenant(context.operation.project_id);
    await context.proveLease();
    await compute.attachVolume(input.serverId, input.volumeId, input.how);
    context.boundary('asked');
    return inUse(context, input);
  },
  async undo(context, { serverId, volumeId }) {
    const { admin } = context.world.cloud;
    const volume = await admin.blockStorage.volume(volumeId);
    if (!volume || (volume.status === 'available' && volume.attachments.length === 0)) return;
    await admin.compute.detachVolume(serverId, volumeId);
    await context.waitFor(
      async () => {
        const seen = await admin.blockStorage.volume(volumeId);
        return !seen || seen.status === 'available' ? true : undefined;
      },
      WAIT_DETACHED_MS,
      () =>
        new RewindError('volume.not-detached', 'The volume could not be detached again.', {
          fault: 'errored',
          retry: true,
        }),
    );
  },
};

async function inUse(context: StepContext<World>, input: AttachVolumeInput): Promise<null> {
  const { clock, cloud } = context.world;
  let availableSince: number | undefined;
  const refused = () =>
    new RewindError(
      'volume.not-attached',
      `The Compute service accepted volume ${input.volumeId} but did not attach it.`,
      { fault: 'errored' },
    );
  return context.waitFor(
    async () => {
      const volume = await cloud.admin.blockStorage.volume(input.volumeId);
      if (!volume || volume.status.startsWith('error')) throw refused();
      if (volume.status === 'in-use' && volume.attachments.some((one) => one.serverId === input.serverId)) return null;
      if (volume.status !== 'available') availableSince = undefined;
      else {
        availableSince ??= clock.monotonic();
        if (clock.monotonic() - availableSince > ATTACH_REFUSED_AFTER_MS) throw refused();
      }
      return undefined;
    },
    WAIT_ATTACHED_MS,
    refused,
  );
}

import { RewindError } from '../../domain/errors.ts';
import type { NewVolume, Volume } from '../../ports/openstack.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import { WAIT_DETACHED_MS, WAIT_VOLUME_AVAILABLE_MS, WAIT_VOLUME_GONE_MS } from '../limits.ts';
import type { RecipeStep, World } from '../world.ts';

export interface CreateVolumeInput {
  diskId: string;
  volume: NewVolume;
}

export interface MadeVolume {
  diskId: string;
  volumeId: string;
}

/** By these a volume of ours is found again when its creation was never recorded. */
export const markOf = (operationId: string, diskId: string): Record<string, string> => ({
  rewind_operation_id: operationId,
  rewind_disk_id: diskId,
});

/** An ordinary volume, made by Cinder in the tenant's project, whose image will be swapped for the restored one. */
export const createVolume: RecipeStep<CreateVolumeInput, MadeVolume> = {
  name: 'create-volume',
  async find(context, { diskId }) {
    const volume = await findOurs(context, diskId);
    return volume && settled(context, diskId, volume.id);
  },
  async act(context, { diskId, volume }) {
    const { operation, world } = context;
    await context.proveLease();
    const metadata = { ...volume.metadata, ...markOf(operation.id, diskId) };
    const made = await world.cloud.tenant(operation.project_id).blockStorage.createVolume({ ...volume, metadata });
    context.boundary('created');
    return settled(context, diskId, made.id);
  },
  async undo(context, { diskId }) {
    const volume = await findOurs(context, diskId);
    if (volume) await deleteOurs(context, volume);
  },
};

async function findOurs(context: StepContext<World>, diskId: string): Promise<Volume | undefined> {
  const { operation, world } = context;
  const found = await world.cloud.tenant(operation.project_id).blockStorage.findVolumes(markOf(operation.id, diskId));
  return found.find((volume) => volume.status !== 'deleting');
}

/** A 202 proves nothing: waits for `available`. */
async function settled(context: StepContext<World>, diskId: string, volumeId: string): Promise<MadeVolume> {
  const { blockStorage } = context.world.cloud.admin;
  return context.waitFor(
    async () => {
      const volume = await blockStorage.volume(volumeId);
      if (!volume || volume.status.startsWith('error')) {
        throw new RewindError('volume.not-created', 'The Block Storage service could not create the volume.', {
          hint: 'Its volume type, zone or pool may have no room; see the messages of the Block Storage service.',
        });
      }
      return volume.status === 'available' ? { diskId, volumeId } : undefined;
    },
    WAIT_VOLUME_AVAILABLE_MS,
    () => new RewindError('volume.not-created', 'The volume did not become available in time.', { fault: 'errored' }),
  );
}

async function deleteOurs(context: StepContext<World>, volume: Volume): Promise<void> {
  const { admin } = context.world.cloud;
  if (volume.status === 'maintenance') await admin.blockStorage.resetStatus(volume.id, 'available');
  for (const attachment of volume.attachments) await admin.compute.detachVolume(attachment.serverId, volume.id);
  const gone = async (what: (seen: Volume | undefined) => boolean, limitMs: number) =>
    context.waitFor(
      async () => (what(await admin.blockStorage.volume(volume.id)) ? true : undefined),
      limitMs,
      () =>
        new RewindError('volume.not-deleted', 'A volume made by the restore could not be removed.', {
          fault: 'errored',
          retry: true,
        }),
    );
  if (volume.attachments.length > 0) await gone((seen) => !seen || seen.attachments.length === 0, WAIT_DETACHED_MS);
  await admin.blockStorage.deleteVolume(volume.id);
  await gone((seen) => seen === undefined, WAIT_VOLUME_GONE_MS);
}

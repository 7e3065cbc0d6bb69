import { RewindError } from '../../../domain/errors.ts';
import { isUuid } from '../../../domain/names.ts';
import type { NewVolume, Volume, VolumeTrouble } from '../../../ports/openstack.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import { ask, lateEffect, madeId } from '../../acts/ask.ts';
import { operationMark } from '../../acts/marks.ts';
import { WAIT_DETACHED_MS, WAIT_VOLUME_AVAILABLE_MS, WAIT_VOLUME_GONE_MS } from '../../recipe-limits.ts';
import type { RecipeStep, World } from '../../world.ts';

export interface CreateVolumeInput {
  diskId: string;
  volume: NewVolume;
}

export interface MadeVolume {
  diskId: string;
  volumeId: string;
}

/**
 * An ordinary volume, made by Cinder in the tenant's project, whose image will be swapped for the restored one. A
 * volume counts as an earlier attempt's if it has our mark, which nobody else knew, and is what was requested: tenants
 * who copy the mark get no other room than they pay for.
 */
export const createVolume: RecipeStep<CreateVolumeInput, MadeVolume> = {
  name: 'create-volume',
  async find(context, { diskId, volume: wish }) {
    if (!context.begunBefore()) return undefined;
    const id = madeId(context);
    const known = id === undefined ? undefined : await context.world.cloud.admin.blockStorage.volume(id);
    const volume = known ?? (await findOurs(context, diskId)).find((one) => isAsAsked(one, wish));
    return volume && settled(context, diskId, volume.id);
  },
  async act(context, { diskId, volume }) {
    const { operation, world } = context;
    const metadata = { ...volume.metadata, ...markOf(context, diskId) };
    const { blockStorage } = world.cloud.tenant(operation.project_id);
    const made = await ask(
      context,
      () => blockStorage.createVolume({ ...volume, metadata }),
      ({ id }) => id,
    );
    context.boundary('created');
    return settled(context, diskId, made.id);
  },
  async undo(context, { diskId }, output) {
    const { blockStorage } = context.world.cloud.tenant(context.operation.project_id);
    // The volume in the journal is ours, whatever it says of itself by now; another one with its mark is the tenant's
    // copy.
    const id = output?.volumeId ?? madeId(context);
    const known = id === undefined ? undefined : await blockStorage.volume(id);
    if (id !== undefined) return known && deleteOurs(context, known);
    const left = async () => {
      const found = await findOurs(context, diskId);
      return found.length > 0 ? found : undefined;
    };
    for (const volume of (await lateEffect(context, left)) ?? []) await deleteOurs(context, volume);
  },
};

const markOf = (context: StepContext<World>, diskId: string): Record<string, string> =>
  context.mark === null
    ? { ...operationMark(context), rewind_disk_id: diskId }
    : { ...operationMark(context), rewind_mark: context.mark };

async function findOurs(context: StepContext<World>, diskId: string): Promise<Volume[]> {
  const { operation, world } = context;
  const found = await world.cloud.tenant(operation.project_id).blockStorage.findVolumes(markOf(context, diskId));
  return found.filter((volume) => volume.status !== 'deleting');
}

const isAsAsked = (volume: Volume, wish: NewVolume): boolean =>
  volume.sizeGiB === wish.sizeGiB &&
  // Cinder also accepts a type's id, and shows its name.
  (wish.volumeType === null || isUuid(wish.volumeType) || volume.volumeType === wish.volumeType) &&
  (wish.availabilityZone === null || volume.availabilityZone === wish.availabilityZone);

/** A 202 proves nothing: waits for `available`. */
async function settled(context: StepContext<World>, diskId: string, volumeId: string): Promise<MadeVolume> {
  const { blockStorage } = context.world.cloud.admin;
  return context.waitFor(
    async () => {
      const volume = await blockStorage.volume(volumeId);
      if (!volume || volume.status.startsWith('error')) {
        const { blockStorage: own } = context.world.cloud.tenant(context.operation.project_id);
        throw notCreated(await own.troubleOf?.(volumeId));
      }
      return volume.status === 'available' ? { diskId, volumeId } : undefined;
    },
    WAIT_VOLUME_AVAILABLE_MS,
    () => new RewindError('volume.not-created', 'The volume did not become available in time.', { fault: 'errored' }),
  );
}

function notCreated(trouble?: VolumeTrouble): RewindError {
  const said = 'The Block Storage service could not create the volume';
  if (!trouble)
    return new RewindError('volume.not-created', `${said}, for a reason that is not known here.`, {
      hint: 'Its volume type, zone or pool may have no room; see the messages of the Block Storage service.',
    });
  const { code, words, hint } = trouble;
  return new RewindError(`volume.not-created.${code}`, `${said}: ${words}`, hint === null ? {} : { hint });
}

/** With the tenant's rights: a volume that an operator has locked, or set aside for maintenance, stays. */
async function deleteOurs(context: StepContext<World>, volume: Volume): Promise<void> {
  const { blockStorage, compute } = context.world.cloud.tenant(context.operation.project_id);
  for (const { serverId } of volume.attachments) await compute.detachVolume(serverId, volume.id);
  const gone = async (what: (seen: Volume | undefined) => boolean, limitMs: number) =>
    context.waitFor(
      async () => (what(await blockStorage.volume(volume.id)) ? true : undefined),
      limitMs,
      () => new RewindError('volume.not-deleted'),
    );
  if (volume.attachments.length > 0) await gone((seen) => !seen || seen.attachments.length === 0, WAIT_DETACHED_MS);
  await context.proveLease();
  await blockStorage.deleteVolume(volume.id);
  await gone((seen) => seen === undefined, WAIT_VOLUME_GONE_MS);
}

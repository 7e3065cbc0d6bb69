import { RewindError } from '../../domain/errors.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import { WAIT_DETACHED_MS } from '../recipe-limits.ts';
import type { World } from '../world.ts';

/**
 * Cinder releases a volume first: for a moment longer Nova has it on its list, and refuses (400, already attached) to
 * attach it to the same server again. Resolves when Nova has forgotten it, or at once when it is not free in Cinder:
 * then somebody has it, or is about to, and the services' own answer counts.
 */
export async function forgottenByNova(
  context: StepContext<World>,
  { serverId, volumeId }: { serverId: string; volumeId: string },
): Promise<void> {
  const { blockStorage, compute } = context.world.cloud.admin;
  await context.waitFor(
    async () => {
      const volume = await blockStorage.volume(volumeId);
      if (volume?.status !== 'available' || volume.attachments.length > 0) return true;
      const server = await compute.server(serverId);
      return server?.volumes.some((one) => one.volumeId === volumeId) ? undefined : true;
    },
    WAIT_DETACHED_MS,
    () => new RewindError('volume.not-detached', 'The Compute service still has a detached volume on its list.'),
  );
}

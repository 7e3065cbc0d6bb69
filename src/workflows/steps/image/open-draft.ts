import { hasCode, RewindError } from '../../../domain/errors.ts';
import type { ImageRef } from '../../../domain/points/disk.ts';
import { diskPath, newToken, tokenHash } from '../../../domain/targets/served-disk.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import type { RunsSource } from '../../lookups/restore-source.ts';
import type { RecipeStep, World } from '../../world.ts';

export interface OpenDraftInput {
  diskId: string;
  draft: ImageRef;
  /** See `FillDraftInput`. */
  live?: ImageRef;
  source: RunsSource;
  /** The disk that this draft will replace may have grown since the backup. */
  finalSizeBytes: number;
}

/**
 * A draft that can be used at once: data that it does not have yet are read from the gateway. It is unknown whether the
 * address of a draft that a killed worker made was kept, so the draft is made again, which takes no time.
 */
export const openDraft: RecipeStep<OpenDraftInput, null> = {
  name: 'open-draft',
  async act(context, { diskId, draft, live, source, finalSizeBytes }) {
    const { ceph, servedDisks, settings } = context.world;
    if (settings.gatewayUrl === null) throw noGateway();
    await context.proveLease();
    const token = newToken();
    await servedDisks.open(tokenHash(token), {
      operation_id: context.operation.id,
      disk_id: diskId,
      target: source.target,
      runs: source.runs,
      size_bytes: source.sizeBytes,
      virtual_bytes: finalSizeBytes,
    });
    context.boundary('address-opened');
    await context.proveLease();
    const url = `${settings.gatewayUrl}${diskPath(token)}`;
    const from = { url, objectsInParallel: settings.objectsInParallel, ...(live && { like: live }) };
    const prepare = () => ceph.prepareMigration(draft, from);
    await prepare().catch(async (error) => {
      // This is rare, so nothing is asked before: a server may stand still meanwhile.
      if (!hasCode(error, 'ceph.exists')) throw error;
      await context.proveLease();
      await discard(context, draft);
      context.boundary('discarded-stale');
      await prepare();
    });
    context.boundary('prepared');
    const info = await ceph.imageInfo(draft);
    if (info?.sizeBytes === finalSizeBytes && info.flags.length === 0) return null;
    throw new RewindError('restore.draft-wrong', 'The image of a disk is not as it should be. Nothing was replaced.');
  },
  async undo(context, { diskId, draft }) {
    await discard(context, draft);
    await context.world.servedDisks.close(context.operation.id, diskId);
  },
};

async function discard({ world: { ceph } }: StepContext<World>, draft: ImageRef): Promise<void> {
  await ceph.abortMigration(draft);
  await ceph.removeImage(draft);
}

const noGateway = (): RewindError =>
  new RewindError('instant.unavailable', 'There is no gateway for instant restores.', {
    fault: 'errored',
    hint: 'The operator sets gateway.public_url for workers, too.',
  });

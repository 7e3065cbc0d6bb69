import { recordedServerOf } from '../../../domain/points/recorded-server.ts';
import { findTrusted } from '../../lookups/trusted-manifest.ts';
import type { RecipeStep } from '../../world.ts';

export interface KeepManifestCopyInput {
  backupId: string;
  serverId: string;
  target: string;
}

/**
 * Keeps a copy beside the catalogue for the API, which has no key of a target: the manifest, and what new servers are
 * planned from.
 */
export const keepManifestCopy: RecipeStep<KeepManifestCopyInput, null> = {
  name: 'keep-manifest-copy',
  async act({ world, operation }, { backupId, serverId, target }) {
    const backup = { id: backupId, project_id: operation.project_id, server_id: serverId, target };
    const stored = await findTrusted(world, backup);
    if (!stored) return null;
    const { sealed, manifest } = stored;
    const { server, disks } = manifest;
    await world.manifestCopies.keep(backupId, Buffer.from(sealed).toString('utf8'));
    await world.catalogue.recordServer(backupId, operation.project_id, recordedServerOf(server, disks));
    return null;
  },
};

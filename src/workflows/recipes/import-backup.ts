import { adoptManifest } from '../../archive/manifests/adopt-manifest.ts';
import { backupOfManifest } from '../../archive/manifests/backup-of-manifest.ts';
import { RewindError } from '../../domain/errors.ts';
import type { Backup } from '../../domain/points/backup.ts';
import type { Workflow } from '../../workflow-engine/workflow.ts';
import { keepManifestCopy } from '../steps/backup/keep-manifest-copy.ts';
import type { RecipeStep, World } from '../world.ts';

interface ImportBackupInput {
  backup_id: string;
  server_id: string;
  target: string;
  /** The sealed manifest. */
  manifest: string;
}

/** Not undone: what it writes was sealed by this installation, and everything that it names is there. */
const adopt: RecipeStep<ImportBackupInput, Backup> = {
  name: 'adopt-manifest',
  async act(context, input) {
    const { world, operation } = context;
    await context.proveLease();
    const target = world.targets.get(input.target);
    const { manifest } = await adoptManifest(target, Buffer.from(input.manifest, 'utf8'), world.manifestKey);
    const { id, project_id, server_id } = manifest.backup;
    if (id !== input.backup_id || project_id !== operation.project_id || server_id !== input.server_id)
      throw new RewindError('manifest.malformed', 'The manifest is of another backup than it was taken for.');
    const at = new Date(world.clock.now()).toISOString();
    return backupOfManifest(manifest, { target: input.target, operationId: operation.id, at });
  },
};

/** Registers a backup that lies on a target in the catalogue. */
export const importBackup: Workflow<World> = {
  name: 'import-backup/1',
  steps: [adopt, keepManifestCopy],

  async run(run, given) {
    const input = given as ImportBackupInput;
    const backup = await run.step(adopt, input);
    await run.pointOfNoReturn();
    await run.step(keepManifestCopy, { backupId: backup.id, serverId: backup.server_id, target: input.target });
    return { backup: { id: backup.id, change: backup } };
  },

  ended: (operation) => ({ backup: { id: operation.resource_id, remove: true } }),
};

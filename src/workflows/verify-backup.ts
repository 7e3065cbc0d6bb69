import type { RunRef } from '../archive/manifest.ts';
import { readManifest } from '../archive/manifests.ts';
import { verifyRun } from '../archive/verify-run.ts';
import { RewindError } from '../domain/errors.ts';
import type { Workflow } from '../workflow-engine/workflow.ts';
import type { RecipeStep, World } from './world.ts';

interface VerifyBackupInput {
  backup_id: string;
}

interface RunsToVerify {
  target: string;
  runs: RunRef[];
}

const listRuns: RecipeStep<VerifyBackupInput, RunsToVerify> = {
  name: 'list-runs',
  async act(context, input) {
    const { world, operation } = context;
    const backup = await world.catalogue.backup(input.backup_id, operation.project_id);
    if (!backup) throw new RewindError('backup.not-found', `There is no backup ${input.backup_id}.`, { status: 404 });
    const ids = { projectId: backup.project_id, serverId: backup.server_id, backupId: backup.id };
    const manifest = await readManifest(world.targets.get(backup.target), ids, world.manifestKey);
    return { target: backup.target, runs: manifest.disks.flatMap((disk) => disk.runs) };
  },
};

const verifyOneRun: RecipeStep<{ target: string; run: RunRef }, null> = {
  name: 'verify-run',
  async act(context, { target, run }) {
    await verifyRun(context.world.targets.get(target), run, (bytes) => context.progress.add(bytes), context.signal);
    return null;
  },
};

/** Reads back everything a backup needs and checks every hash. A backup found bad is marked, and no base any more. */
export const verifyBackup: Workflow<World> = {
  name: 'verify-backup/1',
  steps: [listRuns, verifyOneRun],

  async run(run, given) {
    const { target, runs } = await run.step(listRuns, given as VerifyBackupInput);
    await run.each(runs, verifyOneRun, {
      key: (one) => one.object,
      input: (one) => ({ target, run: one }),
      parallel: 2,
    });
    return {};
  },

  ended(operation, failure) {
    const bad = failure.code === 'vm-backup.archive.damaged' || failure.code === 'vm-backup.archive.missing';
    if (!bad) return {};
    const change = { status: 'error' as const, fail_code: failure.code, fail_reason: failure.reason };
    return { backup: { id: operation.resource_id, change } };
  },
};

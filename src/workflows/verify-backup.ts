import type { RunRef } from '../archive/manifest.ts';
import { findManifest, readManifest } from '../archive/manifests.ts';
import { verifyRun } from '../archive/verify-run.ts';
import type { Backup } from '../domain/backup.ts';
import { asRewindError, hasCode, RewindError } from '../domain/errors.ts';
import type { StepContext } from '../workflow-engine/step.ts';
import type { Workflow } from '../workflow-engine/workflow.ts';
import type { RecipeStep, World } from './world.ts';

interface VerifyBackupInput {
  backup_id: string;
}

interface RunsToVerify {
  target: string;
  serverId: string;
  runs: RunRef[];
}

const RUNS_IN_PARALLEL = 2;

const listRuns: RecipeStep<VerifyBackupInput, RunsToVerify> = {
  name: 'list-runs',
  async act(context, input) {
    const { world, operation } = context;
    const backup = await world.catalogue.backup(input.backup_id, operation.project_id);
    if (!backup) throw new RewindError('backup.not-found', `There is no backup ${input.backup_id}.`, { status: 404 });
    const manifest = await readManifest(world.targets.get(backup.target), idsOf(backup), world.manifestKey);
    const runs = manifest.disks.flatMap((disk) => disk.runs);
    context.progress.total(runs.reduce((bytes, run) => bytes + run.stored_bytes, 0));
    return { target: backup.target, serverId: backup.server_id, runs };
  },
};

const verifyOneRun: RecipeStep<{ target: string; serverId: string; run: RunRef }, null> = {
  name: 'verify-run',
  async act(context, { target, serverId, run }) {
    try {
      await verifyRun(context.world.targets.get(target), run, (bytes) => context.progress.add(bytes), context.signal);
    } catch (error) {
      if (isBad(error)) await markOthers(context, serverId, run.object, asRewindError(error));
      throw error;
    }
    return null;
  },
};

/** A run may serve many backups: none of them can be restored now, and none may be a base. */
async function markOthers(
  context: StepContext<World>,
  serverId: string,
  object: string,
  bad: RewindError,
): Promise<void> {
  const { world, operation, log } = context;
  for (const backup of await world.catalogue.backupsOfServer(serverId, operation.project_id)) {
    if (backup.status !== 'available' || backup.id === operation.resource_id) continue;
    const target = world.targets.get(backup.target);
    const manifest = await findManifest(target, idsOf(backup), world.manifestKey).catch(() => undefined);
    if (!manifest?.disks.some((disk) => disk.runs.some((run) => run.object === object))) continue;
    await context.proveLease();
    await world.catalogue.updateBackup(backup.id, { status: 'error', fail_code: bad.code, fail_reason: bad.message });
    log.error('a backup needs a run that is bad', { backup_id: backup.id, object });
  }
}

const idsOf = (backup: Backup) => ({ projectId: backup.project_id, serverId: backup.server_id, backupId: backup.id });
const isBad = (error: unknown): boolean => hasCode(error, 'archive.damaged') || hasCode(error, 'archive.missing');

/** Reads back everything a backup needs and checks every hash. A backup found bad is marked, and no base any more. */
export const verifyBackup: Workflow<World> = {
  name: 'verify-backup/1',
  steps: [listRuns, verifyOneRun],

  async run(run, given) {
    const { target, serverId, runs } = await run.step(listRuns, given as VerifyBackupInput);
    await run.each(runs, verifyOneRun, {
      key: (one) => one.object,
      input: (one) => ({ target, serverId, run: one }),
      parallel: RUNS_IN_PARALLEL,
    });
    const good = { status: 'available' as const, fail_code: null, fail_reason: null };
    return { backup: { id: run.operation.resource_id, change: good } };
  },

  ended(operation, failure) {
    const bad = failure.code === 'vm-backup.archive.damaged' || failure.code === 'vm-backup.archive.missing';
    if (!bad) return {};
    const change = { status: 'error' as const, fail_code: failure.code, fail_reason: failure.reason };
    return { backup: { id: operation.resource_id, change } };
  },
};

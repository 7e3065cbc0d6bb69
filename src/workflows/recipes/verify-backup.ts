import type { ManifestDisk, RunRef } from '../../archive/manifests/manifest.ts';
import { verifyRun } from '../../archive/runs/verify-run.ts';
import { asRewindError, RewindError } from '../../domain/errors.ts';
import { saysBad } from '../../domain/points/backup.ts';
import type { Workflow } from '../../workflow-engine/workflow.ts';
import { trustedManifest } from '../lookups/trusted-manifest.ts';
import { keepManifestCopy } from '../steps/backup/keep-manifest-copy.ts';
import { markNeeding } from '../steps/backup/mark-bad.ts';
import { type ComparedDisk, compareSource } from '../steps/image/compare-source.ts';
import type { RecipeStep, World } from '../world.ts';

interface VerifyBackupInput {
  backup_id: string;
  /** Absent in older operations. */
  against_source?: boolean;
}

interface RunsToVerify {
  backupId: string;
  target: string;
  serverId: string;
  runs: RunRef[];
  /** Disks that are compared with their snaps. */
  compared: ComparedDisk[];
  /** The backup had been found bad before. Absent in older journals. */
  wasBad?: boolean;
}

const RUNS_IN_PARALLEL = 2;

const listRuns: RecipeStep<VerifyBackupInput, RunsToVerify> = {
  name: 'list-runs',
  async act(context, input) {
    const { world, operation } = context;
    const backup = await world.catalogue.backup(input.backup_id, operation.project_id);
    if (!backup) throw new RewindError('backup.not-found', `There is no backup ${input.backup_id}.`);
    const manifest = await trustedManifest(world, backup);
    const runs = manifest.disks.flatMap((disk) => disk.runs);
    const compared = input.against_source ? manifest.disks.map((disk) => comparedDisk(backup.target, disk)) : [];
    context.progress.total(runs.reduce((bytes, run) => bytes + run.stored_bytes, 0));
    return {
      backupId: backup.id,
      target: backup.target,
      serverId: backup.server_id,
      runs,
      compared,
      wasBad: backup.status === 'error',
    };
  },
};

const verifyOneRun: RecipeStep<{ target: string; serverId: string; run: RunRef }, null> = {
  name: 'verify-run',
  async act(context, { target, serverId, run }) {
    try {
      const { targets, keys } = context.world;
      await verifyRun(targets.get(target), run, keys, (bytes) => context.progress.add(bytes), context.signal);
    } catch (error) {
      if (isBad(error)) {
        const { world, operation, log, proveLease: before } = context;
        const place = { projectId: operation.project_id, serverId, target };
        await markNeeding(world, place, run.object, asRewindError(error), { log, before });
      }
      throw error;
    }
    return null;
  },
};

const comparedDisk = (target: string, { id, image, snap, size_bytes, runs }: ManifestDisk): ComparedDisk => ({
  ...{ diskId: id, target, image, snap, sizeBytes: size_bytes, runs },
});

const isBad = (error: unknown): boolean => error instanceof RewindError && saysBad(error.code);

/**
 * Reads back everything that a backup needs and checks every hash. A backup that is found bad is marked, and is no base
 * any more.
 */
export const verifyBackup: Workflow<World> = {
  name: 'verify-backup/1',
  steps: [listRuns, verifyOneRun, compareSource, keepManifestCopy],

  async run(run, given) {
    const { backupId, target, serverId, runs, compared, wasBad } = await run.step(listRuns, given as VerifyBackupInput);
    await run.each(runs, verifyOneRun, {
      key: (one) => one.object,
      input: (one) => ({ target, serverId, run: one }),
      parallel: RUNS_IN_PARALLEL,
    });
    await run.each(compared ?? [], compareSource, { key: (disk) => disk.diskId, input: (disk) => disk });
    await run.step(keepManifestCopy, { backupId, serverId, target });
    // Other verifications may run beside it: what one of them marked as bad meanwhile stays so.
    if (wasBad === false) return {};
    const good = { status: 'available' as const, fail_code: null, fail_reason: null };
    return { backup: { id: run.operation.resource_id, change: good } };
  },

  ended(operation, failure) {
    if (!saysBad(failure.code)) return {};
    const change = { status: 'error' as const, fail_code: failure.code, fail_reason: failure.reason };
    return { backup: { id: operation.resource_id, change } };
  },
};

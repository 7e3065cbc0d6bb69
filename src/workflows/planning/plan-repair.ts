import { backupPrefix, parseManifestObject } from '../../archive/format/layout.ts';
import {
  generationOf,
  type Manifest,
  type ManifestDisk,
  openManifest,
  type RunRef,
} from '../../archive/manifests/manifest.ts';
import { openChain } from '../../archive/runs/chain.ts';
import { verifyOpenRun } from '../../archive/runs/verify-run.ts';
import { fullCode, hasCode, RewindError } from '../../domain/errors.ts';
import { type Backup, saysBad } from '../../domain/points/backup.ts';
import type { ImageRef } from '../../domain/points/disk.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import { trustedManifest } from '../lookups/trusted-manifest.ts';
import { foundElsewhere, isWhole, type LostRun } from '../steps/image/bring-back.ts';
import { hasSource } from '../steps/image/compare-source.ts';
import type { RecipeStep, World } from '../world.ts';

export interface RepairBackupInput {
  backup_id: string;
}

export interface BadDisk {
  diskId: string;
  image: ImageRef;
  snap: string;
  sizeBytes: number;
}

export interface RepairPlan {
  serverId: string;
  target: string;
  /** Generation of the manifest that will be written. */
  generation: number;
  /** Disks that have to be exported again. */
  disks: BadDisk[];
  /** Runs that can be copied from another target. */
  lost: LostRun[];
}

/**
 * Reads everything that the backup needs. Whatever is bad may be available on another target, or from a disk of the
 * server.
 */
export const planRepair: RecipeStep<RepairBackupInput, RepairPlan> = {
  name: 'plan-repair',
  async act(context, { backup_id: backupId }) {
    const { world, operation } = context;
    const backup = await world.catalogue.backup(backupId, operation.project_id);
    if (!backup) throw new RewindError('backup.not-found', `There is no backup ${backupId}.`);
    const manifest = await manifestOrCopy(world, backup);
    const disks: BadDisk[] = [];
    const lost: LostRun[] = [];
    for (const disk of manifest.disks) {
      const source = { image: disk.image, snap: disk.snap, sizeBytes: disk.size_bytes };
      if (await isGood(context, backup, disk)) continue;
      const elsewhere = await lostRuns(context, backup, disk);
      if (elsewhere) {
        lost.push(...elsewhere);
        continue;
      }
      if (!(await hasSource(world, source))) throw noSource();
      disks.push({ diskId: disk.id, ...source });
    }
    const generation = Math.max(await highestGeneration(world, backup), generationOf(manifest)) + 1;
    return { serverId: backup.server_id, target: backup.target, generation, disks, lost };
  },
};

/** The manifest on the target; if that one is bad, the database's copy. */
export async function manifestOrCopy(world: World, backup: Backup): Promise<Manifest> {
  try {
    return await trustedManifest(world, backup);
  } catch (error) {
    if (!(error instanceof RewindError) || !saysBad(error.code)) throw error;
    const copy = await world.manifestCopies.find(backup.id);
    if (copy === undefined) throw error;
    return openManifest(Buffer.from(copy, 'utf8'), world.manifestKey, 'the copy in the database');
  }
}

async function isGood(context: StepContext<World>, backup: Backup, { runs }: ManifestDisk): Promise<boolean> {
  const { world, signal, progress } = context;
  // Every hash may be right: then it is unknown which disk is bad.
  if (backup.fail_code === fullCode('archive.differs-from-source')) return false;
  const target = world.targets.get(backup.target);
  try {
    for (const run of await openChain(target, runs, world.keys))
      await verifyOpenRun(target, run, (bytes) => progress.add(bytes), signal);
    return true;
  } catch (error) {
    if (hasCode(error, 'archive.key-erased') || !(error instanceof RewindError) || !saysBad(error.code)) throw error;
    return false;
  }
}

/** Undefined: no other target helps. */
async function lostRuns(
  context: StepContext<World>,
  backup: Backup,
  { runs }: ManifestDisk,
): Promise<LostRun[] | undefined> {
  if (backup.fail_code === fullCode('archive.differs-from-source')) return undefined;
  const bad: RunRef[] = [];
  for (const run of runs) if (!(await isWhole(context, backup.target, run))) bad.push(run);
  return bad.length === 0 ? undefined : foundElsewhere(context, backup.target, bad);
}

async function highestGeneration({ targets }: World, { id, project_id, server_id, target }: Backup): Promise<number> {
  let highest = 0;
  const prefix = backupPrefix({ projectId: project_id, serverId: server_id, backupId: id });
  for await (const object of targets.get(target).list(prefix))
    highest = Math.max(highest, parseManifestObject(object)?.generation ?? 0);
  return highest;
}

const noSource = (): RewindError => new RewindError('repair.no-source');

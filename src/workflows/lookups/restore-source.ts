import type { Manifest, RunRef } from '../../archive/manifests/manifest.ts';
import { hasCode, RewindError } from '../../domain/errors.ts';
import { keptName, snapshotSnapName } from '../../domain/names.ts';
import { inDeviceOrder } from '../../domain/order.ts';
import type { RecordedDisk } from '../../domain/points/disk.ts';
import type { Snapshot } from '../../domain/points/snapshot.ts';
import type { SnapInfo } from '../../ports/ceph.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import type { World } from '../world.ts';
import { trustedManifest } from './trusted-manifest.ts';

/** What a draft is filled from: the runs of a backup, or the snap of an image that is still there. */
export type DraftSource = RunsSource | SnapSource;

export interface RunsSource {
  target: string;
  snap: string;
  sizeBytes: number;
  runs: RunRef[];
}

export interface SnapSource {
  pool: string;
  /** Ceph's own id: the image may have another name by now, or lie in the trash. */
  imageId: string;
  snap: string;
  sizeBytes: number;
}

export const isSnap = (source: DraftSource): source is SnapSource => 'imageId' in source;

/** What is to be restored, and from where. */
export interface PointRef {
  backup_id: string | null;
  /** Absent in operations from before there were snapshots. */
  snapshot_id?: string | null;
}

/** A disk of a recovery point, and where its content can be read. */
export interface PointDisk extends RecordedDisk {
  source: DraftSource;
}

/** A backup or a snapshot, as the recipes see it. */
export interface Point {
  id: string;
  serverId: string;
  serverName: string;
  /** What belongs to the server, as the services described it. */
  environment: Record<string, unknown>;
  /** In the order of their devices, root first, whatever the order in which they were recorded. */
  disks: PointDisk[];
  /** Metadata for volumes that are made from it, which tell where they come from. */
  mark: Record<string, string>;
}

/** Rejects when the point is not the project's, or is missing, or is damaged. */
export async function pointOf(context: StepContext<World>, ref: PointRef): Promise<Point> {
  if (ref.snapshot_id) return snapshotPoint(context, ref.snapshot_id);
  const { manifest, target } = await manifestOf(context, ref.backup_id ?? '');
  return {
    id: manifest.backup.id,
    serverId: manifest.backup.server_id,
    serverName: manifest.backup.server_name,
    environment: manifest.server,
    disks: manifest.disks.toSorted(inDeviceOrder).map((disk) => ({
      ...disk,
      source: { target, snap: disk.snap, sizeBytes: disk.size_bytes, runs: disk.runs },
    })),
    mark: { rewind_backup_id: manifest.backup.id },
  };
}

async function snapshotPoint(context: StepContext<World>, id: string): Promise<Point> {
  const snapshot = await snapshotOf(context, id);
  const snap = snapshotSnapName(id);
  return {
    id,
    serverId: snapshot.server_id,
    serverName: snapshot.server_name,
    environment: snapshot.environment,
    disks: snapshot.disks.toSorted(inDeviceOrder).map((disk) => ({
      ...disk,
      source: { pool: disk.image.pool, imageId: disk.image_id, snap, sizeBytes: disk.size_bytes },
    })),
    mark: { rewind_snapshot_id: id },
  };
}

export async function snapshotOf(context: StepContext<World>, id: string): Promise<Snapshot> {
  const snapshot = await context.world.catalogue.snapshot(id, context.operation.project_id);
  if (!snapshot) throw new RewindError('snapshot.not-found', `There is no snapshot ${id}.`);
  return snapshot;
}

/** The backup's manifest, read from the target itself. Rejects when the backup is not the project's or is missing. */
async function manifestOf(
  context: StepContext<World>,
  backupId: string,
): Promise<{ manifest: Manifest; target: string }> {
  const { world, operation } = context;
  const backup = await world.catalogue.backup(backupId, operation.project_id);
  if (!backup) throw new RewindError('backup.not-found', `There is no backup ${backupId}.`);
  return { manifest: await trustedManifest(world, backup), target: backup.target };
}

/** The disks with these ids, each with the nearest source of its content. Rejects with `disk.unknown`. */
export async function chosenDisks(
  { world }: StepContext<World>,
  point: Point,
  ids: readonly string[],
): Promise<PointDisk[]> {
  const disks: PointDisk[] = [];
  for (const id of ids) {
    const disk = point.disks.find((one) => one.id === id);
    if (!disk) throw new RewindError('disk.unknown', `There is no disk ${id} in it.`);
    disks.push({ ...disk, source: (await stillInTrash(world, disk)) ?? disk.source });
  }
  return disks;
}

/**
 * A recently deleted volume may still be in the trash with the very snap that the backup was made from: then its
 * content need not be read back from the target.
 */
async function stillInTrash({ ceph, settings }: World, disk: PointDisk): Promise<SnapSource | undefined> {
  const { image, source } = disk;
  if (disk.volume_id === null || isSnap(source) || !settings.useTrash) return undefined;
  const { snap, sizeBytes } = source;
  for (const { id, name } of await ceph.listTrash(image.pool)) {
    if (name !== image.image && name !== keptName(id)) continue;
    const found = (await snapsIfThere(ceph, image.pool, id)).find((one) => one.name === snap);
    if (found?.sizeBytes === sizeBytes) return { pool: image.pool, imageId: id, snap, sizeBytes };
  }
  return undefined;
}

/** No snaps where the image went away between two looks. */
async function snapsIfThere(ceph: World['ceph'], pool: string, id: string): Promise<SnapInfo[]> {
  try {
    return await ceph.listSnapsOfId(pool, id);
  } catch (error) {
    if (hasCode(error, 'ceph.not-found')) return [];
    throw error;
  }
}

/** Refuses early, before anything is made, when data are missing. */
export async function refuseMissingData(context: StepContext<World>, source: DraftSource): Promise<void> {
  if (isSnap(source)) {
    if (await hasSnap(context.world, source)) return;
    throw new RewindError('snapshot.data-gone');
  }
  const target = context.world.targets.get(source.target);
  for (const run of source.runs) {
    if ((await target.size(run.object)) === run.stored_bytes) continue;
    throw new RewindError('archive.missing', 'Data of the backup is missing on the target or has the wrong size.', {
      hint: 'Verify the backup and choose another one.',
    });
  }
}

async function hasSnap({ ceph }: World, { pool, imageId, snap }: SnapSource): Promise<boolean> {
  if (!(await ceph.imageOfId(pool, imageId))) return false;
  return (await ceph.listSnapsOfId(pool, imageId)).some((one) => one.name === snap);
}

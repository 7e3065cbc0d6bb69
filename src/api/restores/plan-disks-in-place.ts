import type { DiskKind } from '../../domain/points/disk.ts';
import type { Difference } from '../../domain/points/new-server-plan.ts';
import type { Server, Volume } from '../../ports/openstack.ts';
import type { CallersEyes } from '../shared/callers-eyes.ts';
import { type Conflict, conflict } from '../shared/conflict.ts';
import { unfitConflicts } from '../shared/server-conflicts.ts';
import { grownSince } from './plan-warnings.ts';
import type { PointsDisk, RestorablePoint } from './restorable-point.ts';

export interface DiskPlan {
  disk_id: string;
  kind: DiskKind;
  size_bytes: number;
  action: 'replace' | 'replace_and_attach' | 'create_volume' | 'create_volume_and_attach' | 'none';
  /** The volume whose content is replaced. */
  volume_id: string | null;
}

const BYTES_PER_GIB = 1024 ** 3;

/** What would happen to each disk of a living server; what cannot happen is added to `conflicts`, what may surprise to `warnings`. */
export async function planDisksInPlace(
  eyes: CallersEyes,
  point: RestorablePoint,
  disks: readonly PointsDisk[],
  server: Server | undefined,
  { conflicts, warnings }: { conflicts: Conflict[]; warnings: Difference[] },
): Promise<DiskPlan[]> {
  const volumeIds = disks.flatMap((disk) => disk.volume_id ?? []);
  const found = await eyes.volumes(volumeIds);
  const volumes = new Map(volumeIds.map((id, index) => [id, found[index]]));
  const plans: DiskPlan[] = [];
  for (const disk of disks) {
    const common = { disk_id: disk.id, kind: disk.kind, size_bytes: disk.size_bytes, volume_id: disk.volume_id };
    if (disk.volume_id === null) {
      if (disk.kind === 'root' && server && (server.imageId === null || disk.id !== point.server_id))
        conflicts.push(rootDiffers());
      plans.push({ ...common, action: 'replace' });
      continue;
    }
    const volume = volumes.get(disk.volume_id);
    if (!volume) plans.push({ ...common, volume_id: null, action: lost(disk, conflicts) });
    else {
      conflicts.push(...(await volumeConflicts(eyes, volume, disk, point)));
      warnings.push(...grownSince(disk, volume));
      const attached = volume.attachments.some((one) => one.serverId === point.server_id);
      plans.push({ ...common, action: attached ? 'replace' : 'replace_and_attach' });
    }
  }
  return plans;
}

function rootDiffers(): Conflict {
  const detail = 'The server no longer boots from this disk.';
  return conflict('restore.root-differs', detail, 'Restore the disk with mode volumes.');
}

/** A data volume that was deleted is made anew; a root volume cannot be attached to a server that is there. */
function lost(disk: PointsDisk, conflicts: Conflict[]): DiskPlan['action'] {
  if (disk.kind !== 'root') return 'create_volume_and_attach';
  const detail = 'The volume the server boots from was deleted.';
  conflicts.push(
    conflict('restore.root-volume-gone', detail, 'Restore it with mode volumes and boot a server from it.'),
  );
  return 'none';
}

async function volumeConflicts(
  eyes: CallersEyes,
  volume: Volume,
  disk: PointsDisk,
  point: RestorablePoint,
): Promise<Conflict[]> {
  const found = unfitConflicts(volume);
  if (volume.attachments.some((one) => one.serverId !== point.server_id))
    found.push(conflict('volume.attached-elsewhere', `Volume ${volume.id} is attached to another server.`));
  if (volume.status !== 'available' && volume.status !== 'in-use')
    found.push(conflict('volume.wrong-state', `Volume ${volume.id} is busy in the Block Storage service.`));
  if (volume.sizeGiB * BYTES_PER_GIB < disk.size_bytes)
    found.push(
      conflict('restore.disk-smaller', 'A disk is smaller now than it was then.', 'Restore it as a new volume.'),
    );
  // A revert may leave them where they are; whether it does the worker sees, who knows the images.
  if (point.type === 'backup' && (await eyes.hasSnapshots(volume.id))) {
    const hint = 'They depend on the data that would be replaced. Delete them, or restore as new volumes.';
    const detail = `Volume ${volume.id} has snapshots in the Block Storage service.`;
    found.push(conflict('volume.has-snapshots', detail, hint));
  }
  return found;
}

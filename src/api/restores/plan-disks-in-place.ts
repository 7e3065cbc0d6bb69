import type { DiskKind } from '../../domain/points/disk.ts';
import type { Difference } from '../../domain/points/new-server-plan.ts';
import {
  goneVolumeRefusals,
  hasSnapshotsRefusal,
  localDiskRefusals,
  replaceRefusals,
  sizeRefusals,
} from '../../domain/rules/volume-rules.ts';
import type { Server, Volume } from '../../ports/openstack.ts';
import type { CallersEyes } from '../shared/callers-eyes.ts';
import { asConflict, type Conflict } from '../shared/conflict.ts';
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

/**
 * What would happen to each disk of a living server; what cannot happen is added to `conflicts`, what may surprise is
 * added to `warnings`.
 */
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
      // No API shows swap and ephemeral disks; the worker looks at their images.
      const isThere = disk.kind !== 'root' || !server || (server.imageId !== null && disk.id === point.server_id);
      conflicts.push(...localDiskRefusals(isThere).map(asConflict));
      plans.push({ ...common, action: 'replace' });
      continue;
    }
    const volume = volumes.get(disk.volume_id);
    if (!volume) {
      const gone = goneVolumeRefusals(disk);
      conflicts.push(...gone.map(asConflict));
      plans.push({ ...common, volume_id: null, action: gone.length > 0 ? 'none' : 'create_volume_and_attach' });
    } else {
      conflicts.push(...(await volumeConflicts(eyes, volume, disk, point)));
      warnings.push(...grownSince(disk, volume));
      const attached = volume.attachments.some((one) => one.serverId === point.server_id);
      plans.push({ ...common, action: attached ? 'replace' : 'replace_and_attach' });
    }
  }
  return plans;
}

async function volumeConflicts(
  eyes: CallersEyes,
  volume: Volume,
  disk: PointsDisk,
  point: RestorablePoint,
): Promise<Conflict[]> {
  const found = [...replaceRefusals(volume, point.server_id), ...sizeRefusals(volume.sizeGiB * BYTES_PER_GIB, disk)];
  // A revert may leave them where they are; whether it does is decided by the worker, which sees the images.
  if (point.type === 'backup' && (await eyes.hasSnapshots(volume.id))) found.push(hasSnapshotsRefusal(volume.id));
  return found.map(asConflict);
}

import type { Difference } from '../../domain/points/new-server-plan.ts';
import type { RecordedServer } from '../../domain/points/recorded-server.ts';
import { fitImageProperties, fitVolume } from '../../domain/service-limits.ts';
import type { Server, Volume } from '../../ports/openstack.ts';
import type { PointsDisk } from './restorable-point.ts';

const BYTES_PER_GIB = 1024 ** 3;

const named = (disk: PointsDisk): string => (disk.device === null ? disk.id : `${disk.id} (${disk.device})`);

/** In place: disks that keep what was written since, beside others that go back. */
export function staysNewer(
  all: readonly PointsDisk[],
  chosen: readonly PointsDisk[],
  untouched: readonly string[],
): Difference[] {
  const meaning =
    'What belongs together on several disks (a database and its log) may not fit together: restore all of them, or none.';
  const left = all.filter((disk) => !chosen.some((one) => one.id === disk.id));
  return [
    ...left.map((disk) => ({
      code: 'disk.stays-newer',
      detail: `Disk ${named(disk)} is not restored and stays newer than the others. ${meaning}`,
    })),
    ...untouched.map((id) => ({
      code: 'volume.stays-newer',
      detail: `Volume ${id} was attached since; it stays as it is and is newer than the others. ${meaning}`,
    })),
  ];
}

/** In place: a volume that has grown keeps its size, and the file system inside does not know. */
export function grownSince(disk: PointsDisk, volume: Volume): Difference[] {
  const was = Math.ceil(disk.size_bytes / BYTES_PER_GIB);
  if (volume.sizeGiB <= was) return [];
  const detail =
    `Volume ${volume.id} was extended from ${was} to ${volume.sizeGiB} GiB since. It keeps its size; ` +
    'partitions and file systems in it are as small as they were then.';
  return [{ code: 'volume.extended', detail }];
}

/** A copy that is attached beside its original: a mount by UUID or label may take either of them. */
export function besideOriginals(chosen: readonly PointsDisk[], server: Server | undefined): Difference[] {
  if (!server) return [];
  const there = new Set([server.id, ...server.volumes.map((volume) => volume.volumeId)]);
  return chosen
    .filter((disk) => there.has(disk.volume_id ?? disk.id))
    .map((disk) => ({
      code: 'volume.beside-original',
      detail:
        `The copy of disk ${named(disk)} is attached beside its original, with the same file system UUID and label. ` +
        'Mount it by its device or serial number, and have no fstab entry by UUID or label take it at the next boot.',
    }));
}

/** What Cinder will not accept of the volumes that are made again. */
export function notTaken(recorded: RecordedServer | undefined, made: readonly string[]): Difference[] {
  return (recorded?.disks ?? [])
    .filter((disk) => made.includes(disk.id) && disk.volumeId !== null)
    .flatMap(({ id, name, description = null, metadata = {}, imageMetadata = {} }) => [
      ...fitVolume({ name, description, metadata }, `disk ${id}`).left,
      ...fitImageProperties(imageMetadata, `disk ${id}`).left,
    ]);
}

import type { RecordedDisk } from '../../domain/points/disk.ts';
import type { SnapshotDisk } from '../../domain/points/snapshot.ts';
import type { DiskPlace, LiveDisk } from './locate-disks.ts';

/** What a recovery point records about a living disk. */
export function describeDisk(disk: DiskPlace): RecordedDisk {
  const { volume } = disk;
  return {
    id: disk.id,
    kind: disk.kind,
    volume_id: volume?.id ?? null,
    device: disk.device,
    boot_index: disk.bootIndex,
    size_bytes: disk.sizeBytes,
    name: volume?.name ?? null,
    description: typeof volume?.raw.description === 'string' ? volume.raw.description : null,
    volume_type: volume?.volumeType ?? null,
    availability_zone: volume?.availabilityZone ?? null,
    bootable: volume?.bootable ?? disk.kind === 'root',
    delete_on_termination: disk.deleteOnTermination,
    metadata: volume?.metadata ?? {},
    image_metadata: volume?.imageMetadata ?? {},
    image: disk.image,
  };
}

/** The same, with what is needed to find its snap again. */
export const snapshotDisk = (disk: LiveDisk): SnapshotDisk => ({ ...describeDisk(disk), image_id: disk.imageId });

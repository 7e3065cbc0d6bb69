/** `ephemeral` and `swap` are Nova's own disks beside the root disk; they have no volume. */
export type DiskKind = 'root' | 'volume' | 'ephemeral' | 'swap';

/** A disk as a backup's reader sees it. `id` is the volume id, the server id for a root disk on an image, and
 * one made from the server's for its ephemeral and swap disks. */
export interface BackupDisk {
  id: string;
  kind: DiskKind;
  volume_id: string | null;
  /** As Nova names it: /dev/vda. */
  device: string | null;
  boot_index: number | null;
  size_bytes: number;
  /** Bytes of data records in this backup's run. */
  changed_bytes: number;
  /** Bytes this backup's run takes on the target. */
  stored_bytes: number;
  incremental: boolean;
  /** Why the disk was read in whole although there are backups; null when it was not. */
  full_reason: string | null;
}

/** The whole disk's place in Ceph. */
export interface ImageRef {
  pool: string;
  image: string;
}

/** A disk as a recovery point remembers it: everything that making it anew would need, but for its content. */
export interface RecordedDisk {
  /** As a `BackupDisk`'s. */
  id: string;
  kind: DiskKind;
  volume_id: string | null;
  device: string | null;
  boot_index: number | null;
  size_bytes: number;
  name: string | null;
  description: string | null;
  volume_type: string | null;
  availability_zone: string | null;
  bootable: boolean;
  delete_on_termination: boolean;
  metadata: Record<string, string>;
  image_metadata: Record<string, string>;
  /** Where the image was then. */
  image: ImageRef;
}

export const imageSpec = (ref: ImageRef): string => `${ref.pool}/${ref.image}`;
export const snapSpec = (ref: ImageRef, snap: string): string => `${ref.pool}/${ref.image}@${snap}`;

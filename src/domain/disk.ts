export type DiskKind = 'root' | 'volume';

/** A disk as a backup's reader sees it. `id` is the volume id, or the server id for a root disk on an image. */
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

export const imageSpec = (ref: ImageRef): string => `${ref.pool}/${ref.image}`;
export const snapSpec = (ref: ImageRef, snap: string): string => `${ref.pool}/${ref.image}@${snap}`;

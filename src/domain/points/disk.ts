import { boolean, type FieldsOf, integer, json, oneOf, strings, text } from '../fields.ts';

/**
 * In the order in which a server's disks are listed. `ephemeral` and `swap` are Nova's own disks beside the root disk;
 * they have no volume.
 */
export const DISK_KINDS = ['root', 'volume', 'ephemeral', 'swap'] as const;
export type DiskKind = (typeof DISK_KINDS)[number];

const shown = true;
const nullable = true;

/** A disk as readers of a backup see it. */
export const BACKUP_DISK = {
  /**
   * The volume's id; the server's for a root disk on an image; for ephemeral and swap disks one that is derived from
   * the server's.
   */
  id: text({ shown }),
  kind: oneOf(DISK_KINDS, { shown }),
  volume_id: text({ nullable, shown }),
  /** Nova's name of it: /dev/vda. */
  device: text({ nullable, shown }),
  boot_index: integer({ nullable, shown }),
  size_bytes: integer({ shown }),
  /** Bytes of data records in this backup's run. */
  changed_bytes: integer({ shown }),
  /** Bytes that this backup's run takes on the target. */
  stored_bytes: integer({ shown }),
  incremental: boolean({ shown }),
  /** Why the whole disk was read although there are earlier backups; null when it was not. */
  full_reason: text({ nullable, shown }),
};

export type BackupDisk = FieldsOf<typeof BACKUP_DISK>;

/** The whole disk's place in Ceph. */
export interface ImageRef {
  pool: string;
  image: string;
}

/** A disk as a recovery point records it: everything that is needed to make it again, except its content. */
export const RECORDED_DISK = {
  /** See `BackupDisk`. */
  id: text({ shown }),
  kind: oneOf(DISK_KINDS, { shown }),
  volume_id: text({ nullable, shown }),
  device: text({ nullable, shown }),
  boot_index: integer({ nullable, shown }),
  size_bytes: integer({ shown }),
  name: text({ nullable, shown }),
  description: text({ nullable }),
  volume_type: text({ nullable }),
  availability_zone: text({ nullable }),
  bootable: boolean({}),
  delete_on_termination: boolean({}),
  metadata: strings({}),
  image_metadata: strings({}),
  /** Where the image was then. The names of images in Ceph are for operators only. */
  image: json<ImageRef>()({}),
};

export type RecordedDisk = FieldsOf<typeof RECORDED_DISK>;

export const imageSpec = (ref: ImageRef): string => `${ref.pool}/${ref.image}`;

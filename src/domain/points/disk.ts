import { boolean, type FieldsOf, integer, json, oneOf, strings, text } from '../fields.ts';

/** In the order in which a server's disks are told. `ephemeral` and `swap` are Nova's own disks beside the root disk; they have no volume. */
export const DISK_KINDS = ['root', 'volume', 'ephemeral', 'swap'] as const;
export type DiskKind = (typeof DISK_KINDS)[number];

const shown = true;
const nullable = true;

/** A disk as a backup's reader sees it. */
export const BACKUP_DISK = {
  /** The volume's, the server's for a root disk on an image, and one made from the server's for its ephemeral and swap disks. */
  id: text({ shown }),
  kind: oneOf(DISK_KINDS, { shown }),
  volume_id: text({ nullable, shown }),
  /** As Nova names it: /dev/vda. */
  device: text({ nullable, shown }),
  boot_index: integer({ nullable, shown }),
  size_bytes: integer({ shown }),
  /** Bytes of data records in this backup's run. */
  changed_bytes: integer({ shown }),
  /** Bytes this backup's run takes on the target. */
  stored_bytes: integer({ shown }),
  incremental: boolean({ shown }),
  /** Why the disk was read in whole although there are backups; null when it was not. */
  full_reason: text({ nullable, shown }),
};

export type BackupDisk = FieldsOf<typeof BACKUP_DISK>;

/** The whole disk's place in Ceph. */
export interface ImageRef {
  pool: string;
  image: string;
}

/** A disk as a recovery point remembers it: everything that making it anew would need, but for its content. */
export const RECORDED_DISK = {
  /** As a `BackupDisk`'s. */
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
  /** Where the image was then. Names of images in Ceph are the operator's. */
  image: json<ImageRef>()({}),
};

export type RecordedDisk = FieldsOf<typeof RECORDED_DISK>;

export const imageSpec = (ref: ImageRef): string => `${ref.pool}/${ref.image}`;

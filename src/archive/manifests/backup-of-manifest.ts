import { declaredOf } from '../../domain/fields.ts';
import { type Backup, newBackup } from '../../domain/points/backup.ts';
import { BACKUP_DISK } from '../../domain/points/disk.ts';
import type { Manifest } from './manifest.ts';

export interface Imported {
  target: string;
  operationId: string;
  /** ISO 8601 in UTC. */
  at: string;
}

/** The catalogue's row of a finished backup, made from its manifest. */
export function backupOfManifest({ backup, disks }: Manifest, { target, operationId, at }: Imported): Backup {
  return newBackup({
    ...backup,
    status: 'available',
    target,
    operation_id: operationId,
    updated_at: at,
    disks: disks.map((disk) => declaredOf(BACKUP_DISK, disk)),
  });
}

import { type Backup, newBackup } from '../../domain/points/backup.ts';
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
    copy_of: backup.copy_of ?? null,
    operation_id: operationId,
    updated_at: at,
    disks: disks.map((disk) => ({
      id: disk.id,
      kind: disk.kind,
      volume_id: disk.volume_id,
      device: disk.device,
      boot_index: disk.boot_index,
      size_bytes: disk.size_bytes,
      changed_bytes: disk.changed_bytes,
      stored_bytes: disk.stored_bytes,
      incremental: disk.incremental,
      full_reason: disk.full_reason,
    })),
  });
}

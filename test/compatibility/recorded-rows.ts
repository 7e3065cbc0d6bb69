import { type Backup, newBackup } from '../../src/domain/points/backup.ts';
import { newRestore, type Restore } from '../../src/domain/points/restore.ts';
import { newSnapshot, type Snapshot } from '../../src/domain/points/snapshot.ts';
import type { RowIds } from './scene.ts';

const USER = 'c3'.repeat(16);

/** Rows as a request records them: nothing is made yet. */
export const backupRow = (ids: RowIds, at: string, fields: Partial<Backup>): Backup =>
  newBackup({
    ...ids,
    ...{ user_id: USER, server_name: 'web', name: 'nightly', description: 'ä ö ü', status: 'creating' },
    ...{ incremental: false, target: 'first', metadata: { team: 'ü' }, created_at: at, updated_at: at },
    ...fields,
  });

export const snapshotRow = (ids: RowIds, at: string, fields: Partial<Snapshot>): Snapshot =>
  newSnapshot({
    ...ids,
    ...{ user_id: USER, server_name: 'web', name: 'before upgrade', status: 'creating' },
    ...{ memory: false, created_at: at, updated_at: at },
    ...fields,
  });

export const restoreRow = (ids: RowIds, at: string, fields: Partial<Restore>): Restore =>
  newRestore({
    ...ids,
    ...{ user_id: USER, mode: 'volumes', disks: [], status: 'restoring', created_at: at, updated_at: at },
    ...fields,
  });

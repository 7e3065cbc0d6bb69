import type { Backup } from '../../src/domain/points/backup.ts';
import type { Restore } from '../../src/domain/points/restore.ts';
import type { Snapshot } from '../../src/domain/points/snapshot.ts';
import type { RowIds } from './scene.ts';

const USER = 'c3'.repeat(16);

/** Rows as a request records them: nothing is made yet. */
export const backupRow = (ids: RowIds, at: string, fields: Partial<Backup>): Backup => ({
  ...ids,
  ...{ user_id: USER, server_name: 'web', name: 'nightly', description: 'größe', status: 'creating' },
  ...{ fail_code: null, fail_reason: null, incremental: false, base_backup_id: null, consistency: null },
  ...{ paused_ms: null, data_timestamp: null, size_bytes: null, changed_bytes: null, stored_bytes: null },
  ...{ target: 'first', copy_of: null, disks: [], metadata: { team: 'ü' }, policy_id: null, planned_at: null },
  ...{ protected: false, created_at: at, updated_at: at },
  ...fields,
});

export const snapshotRow = (ids: RowIds, at: string, fields: Partial<Snapshot>): Snapshot => ({
  ...ids,
  ...{ user_id: USER, server_name: 'web', name: 'before upgrade', description: null, status: 'creating' },
  ...{ fail_code: null, fail_reason: null, parent_id: null, protected: false, safety: false, expires_at: null },
  ...{ memory: false, consistency: null, paused_ms: null, data_timestamp: null, size_bytes: null, disks: [] },
  ...{ environment: {}, metadata: {}, created_at: at, updated_at: at },
  ...fields,
});

export const restoreRow = (ids: RowIds, at: string, fields: Partial<Restore>): Restore => ({
  ...ids,
  ...{ user_id: USER, backup_id: null, snapshot_id: null, mode: 'volumes', name: null, disks: [] },
  ...{ status: 'restoring', fail_code: null, fail_reason: null, volumes: [], differences: [] },
  ...{ created_at: at, updated_at: at },
  ...fields,
});

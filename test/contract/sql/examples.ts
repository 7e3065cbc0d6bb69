import { randomUUID } from 'node:crypto';
import type { Backup } from '../../../src/domain/backup.ts';
import type { Operation } from '../../../src/domain/operation.ts';
import type { Restore } from '../../../src/domain/restore.ts';
import type { ListQuery } from '../../../src/ports/stores.ts';

export const PROJECT = 'a'.repeat(32);
export const OTHER_PROJECT = 'b'.repeat(32);

const TIME = '2026-01-02T03:04:05.678Z';

export const anOperation = (fields: Partial<Operation> = {}): Operation => ({
  id: randomUUID(),
  workflow: 'create-backup/1',
  project_id: PROJECT,
  user_id: 'c'.repeat(64),
  request_id: `req-${randomUUID()}`,
  global_request_id: null,
  resource_type: 'backup',
  resource_id: randomUUID(),
  input: { serverId: 'x', text: 'ü 💾 \\ \' " %' },
  status: 'queued',
  committed: false,
  undoing: false,
  cancel_requested: false,
  progress: 0,
  bytes_done: 0,
  bytes_total: 0,
  failure: null,
  created_at: TIME,
  updated_at: TIME,
  started_at: null,
  finished_at: null,
  deadline_at: '2026-01-03T03:04:05.678Z',
  ...fields,
});

export const aBackup = (fields: Partial<Backup> = {}): Backup => ({
  id: randomUUID(),
  project_id: PROJECT,
  user_id: 'c'.repeat(64),
  server_id: randomUUID(),
  server_name: 'größe-💾',
  name: null,
  description: 'two\nlines',
  status: 'available',
  fail_code: null,
  fail_reason: null,
  incremental: true,
  base_backup_id: randomUUID(),
  consistency: 'crash',
  paused_ms: 120,
  data_timestamp: TIME,
  size_bytes: Number.MAX_SAFE_INTEGER,
  changed_bytes: 5_000_000_000,
  stored_bytes: 0,
  target: 'main',
  operation_id: randomUUID(),
  disks: [
    {
      id: randomUUID(),
      kind: 'volume',
      volume_id: randomUUID(),
      device: '/dev/vdb',
      boot_index: null,
      size_bytes: 1,
      changed_bytes: 2,
      stored_bytes: 3,
      incremental: false,
      full_reason: 'first',
    },
  ],
  metadata: { 'a key': 'ü' },
  created_at: TIME,
  updated_at: TIME,
  ...fields,
});

export const aRestore = (fields: Partial<Restore> = {}): Restore => ({
  id: randomUUID(),
  project_id: PROJECT,
  user_id: 'c'.repeat(64),
  backup_id: randomUUID(),
  mode: 'volumes',
  name: 'back again',
  server_id: null,
  disks: [randomUUID()],
  status: 'restoring',
  fail_code: null,
  fail_reason: null,
  volumes: [{ disk_id: randomUUID(), volume_id: null }],
  operation_id: randomUUID(),
  created_at: TIME,
  updated_at: TIME,
  ...fields,
});

export const aQuery = (fields: Partial<ListQuery> = {}): ListQuery => ({
  projectId: PROJECT,
  filters: [],
  sort: [],
  limit: 100,
  marker: null,
  ...fields,
});

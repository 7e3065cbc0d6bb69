import { randomUUID } from 'node:crypto';
import type { Message } from '../../../src/domain/message.ts';
import type { Operation } from '../../../src/domain/operations/operation.ts';
import { type Backup, newBackup } from '../../../src/domain/points/backup.ts';
import { newRestore, type Restore } from '../../../src/domain/points/restore.ts';
import { newSnapshot, type Snapshot } from '../../../src/domain/points/snapshot.ts';
import type { BackupPolicy, PolicyRun } from '../../../src/domain/policies/backup-policy.ts';
import type { ListQuery } from '../../../src/ports/stores/list-query.ts';

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

export const aBackup = (fields: Partial<Backup> = {}): Backup =>
  newBackup({
    id: randomUUID(),
    project_id: PROJECT,
    user_id: 'c'.repeat(64),
    server_id: randomUUID(),
    server_name: 'größe-💾',
    description: 'two\nlines',
    status: 'available',
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

export const aSnapshot = (fields: Partial<Snapshot> = {}): Snapshot =>
  newSnapshot({
    id: randomUUID(),
    project_id: PROJECT,
    user_id: 'c'.repeat(64),
    server_id: randomUUID(),
    server_name: 'größe-💾',
    name: null,
    description: 'two\nlines',
    status: 'available',
    safety: true,
    expires_at: '2026-01-03T03:04:05.678Z',
    memory: false,
    consistency: 'filesystem',
    paused_ms: 120,
    data_timestamp: TIME,
    size_bytes: Number.MAX_SAFE_INTEGER,
    operation_id: randomUUID(),
    disks: [
      {
        id: randomUUID(),
        kind: 'volume',
        volume_id: randomUUID(),
        device: '/dev/vdb',
        boot_index: null,
        size_bytes: 1,
        name: null,
        description: 'ü',
        volume_type: null,
        availability_zone: 'nova',
        bootable: false,
        delete_on_termination: true,
        metadata: {},
        image_metadata: { hw_disk_bus: 'scsi' },
        image: { pool: 'volumes', image: 'volume-x' },
        image_id: '1a2b3c',
      },
    ],
    environment: { server: { name: 'ü' } },
    metadata: { 'a key': 'ü' },
    created_at: TIME,
    updated_at: TIME,
    ...fields,
  });

export const aRestore = (fields: Partial<Restore> = {}): Restore =>
  newRestore({
    id: randomUUID(),
    project_id: PROJECT,
    user_id: 'c'.repeat(64),
    backup_id: randomUUID(),
    snapshot_id: null,
    mode: 'volumes',
    name: 'back again',
    server_id: null,
    disks: [randomUUID()],
    status: 'restoring',
    volumes: [{ disk_id: randomUUID(), volume_id: null }],
    differences: [{ code: 'server.user', detail: 'ü' }],
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

export const aPolicy = (fields: Partial<BackupPolicy> = {}): BackupPolicy => ({
  id: randomUUID(),
  project_id: PROJECT,
  user_id: 'c'.repeat(64),
  name: 'nächtlich',
  description: null,
  enabled: true,
  servers: { all: false, ids: [randomUUID()], tags: ['ü'], metadata: { a: 'b' }, except_ids: [] },
  schedule: { cron: '0 2 * * *', time_zone: 'Europe/Berlin', window_minutes: null, jitter_minutes: 5 },
  consistency: 'best',
  targets: ['main', 'copy'],
  retention: { keep_last: 1, hourly: 2, daily: 3, weekly: 4, monthly: 5, yearly: 6 },
  rpo_minutes: 60,
  acts_by: 'trust',
  trust_id: null,
  credential_id: null,
  roles: ['member'],
  next_run_at: '2999-01-01T00:00:00.000Z',
  last_run_at: null,
  retained_at: null,
  fail_code: null,
  fail_reason: null,
  created_at: TIME,
  updated_at: TIME,
  ...fields,
});

export const aRun = (policy: BackupPolicy, fields: Partial<PolicyRun> = {}): PolicyRun => ({
  id: randomUUID(),
  policy_id: policy.id,
  project_id: policy.project_id,
  server_id: randomUUID(),
  server_name: 'größe-💾',
  target: 'main',
  planned_at: TIME,
  due_at: TIME,
  until_at: TIME,
  status: 'waiting',
  operation_id: null,
  backup_id: null,
  fail_code: null,
  fail_reason: null,
  places: ['host:a'],
  created_at: TIME,
  updated_at: TIME,
  ...fields,
});

export const aMessage = (fields: Partial<Message> = {}): Message => ({
  id: randomUUID(),
  project_id: PROJECT,
  request_id: `req-${randomUUID()}`,
  message_level: 'ERROR',
  event_id: 'vm-backup.server.busy',
  resource_type: 'policy',
  resource_uuid: randomUUID(),
  user_message: 'ü',
  created_at: TIME,
  guaranteed_until: '2026-02-02T03:04:05.678Z',
  ...fields,
});

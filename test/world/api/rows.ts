import type { Operation } from '../../../src/domain/operations/operation.ts';
import { type Backup, newBackup } from '../../../src/domain/points/backup.ts';
import type { BackupDisk } from '../../../src/domain/points/disk.ts';
import { newRestore, type Restore } from '../../../src/domain/points/restore.ts';
import { newSnapshot, type Snapshot, type SnapshotDisk } from '../../../src/domain/points/snapshot.ts';
import { uuidOf } from './fake-cloud.ts';
import { PROJECT } from './people.ts';

export const AT = '2026-01-01T00:00:00.000Z';
const USER = 'c3'.repeat(16);

const disk = (overrides: Partial<BackupDisk> = {}): BackupDisk => ({
  id: uuidOf(10),
  kind: 'volume',
  volume_id: uuidOf(10),
  device: '/dev/vdb',
  boot_index: null,
  size_bytes: 10 * 1024 ** 3,
  changed_bytes: 4096,
  stored_bytes: 1024,
  incremental: false,
  full_reason: null,
  ...overrides,
});

const rootDisk = (): BackupDisk =>
  disk({ id: uuidOf(1), kind: 'root', volume_id: null, device: '/dev/vda', boot_index: 0 });

export const backup = (overrides: Partial<Backup> = {}): Backup =>
  newBackup({
    id: uuidOf(100),
    project_id: PROJECT,
    user_id: USER,
    server_id: uuidOf(1),
    server_name: 'web',
    name: 'nightly',
    status: 'available',
    incremental: false,
    base_backup_id: null,
    consistency: 'crash',
    data_timestamp: AT,
    size_bytes: 20 * 1024 ** 3,
    changed_bytes: 4096,
    stored_bytes: 2048,
    target: 'default',
    operation_id: uuidOf(300),
    disks: [rootDisk(), disk()],
    metadata: {},
    created_at: AT,
    updated_at: AT,
    ...overrides,
  });

export const snapshot = (overrides: Partial<Snapshot> = {}): Snapshot =>
  newSnapshot({
    id: uuidOf(150),
    project_id: PROJECT,
    user_id: USER,
    server_id: uuidOf(1),
    server_name: 'web',
    name: 'before upgrade',
    status: 'available',
    safety: false,
    memory: false,
    consistency: 'crash',
    paused_ms: 100,
    data_timestamp: AT,
    size_bytes: 20 * 1024 ** 3,
    operation_id: uuidOf(302),
    disks: [snapshotDisk(rootDisk()), snapshotDisk(disk())],
    environment: {},
    metadata: {},
    created_at: AT,
    updated_at: AT,
    ...overrides,
  });

const snapshotDisk = ({ id, kind, volume_id, device, boot_index, size_bytes }: BackupDisk): SnapshotDisk => ({
  ...{ id, kind, volume_id, device, boot_index, size_bytes },
  name: null,
  description: null,
  volume_type: null,
  availability_zone: null,
  bootable: kind === 'root',
  delete_on_termination: false,
  metadata: {},
  image_metadata: {},
  image: { pool: 'volumes', image: `volume-${id}` },
  image_id: '1a2b3c',
});

export const restore = (overrides: Partial<Restore> = {}): Restore =>
  newRestore({
    id: uuidOf(200),
    project_id: PROJECT,
    user_id: USER,
    backup_id: uuidOf(100),
    snapshot_id: null,
    mode: 'volumes',
    name: null,
    server_id: null,
    disks: [uuidOf(10)],
    status: 'available',
    volumes: [{ disk_id: uuidOf(10), volume_id: uuidOf(11) }],
    differences: [],
    operation_id: uuidOf(301),
    created_at: AT,
    updated_at: AT,
    ...overrides,
  });

export const operation = (overrides: Partial<Operation> = {}): Operation => ({
  id: uuidOf(300),
  workflow: 'create-backup/1',
  project_id: PROJECT,
  user_id: USER,
  request_id: `req-${uuidOf(1)}`,
  global_request_id: null,
  resource_type: 'backup',
  resource_id: uuidOf(100),
  input: {},
  status: 'running',
  committed: false,
  undoing: false,
  cancel_requested: false,
  progress: 40,
  bytes_done: 4,
  bytes_total: 10,
  failure: null,
  created_at: AT,
  updated_at: AT,
  started_at: AT,
  finished_at: null,
  deadline_at: AT,
  ...overrides,
});

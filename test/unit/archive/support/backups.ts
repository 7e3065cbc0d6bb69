import { runObject } from '../../../../src/archive/format/layout.ts';
import {
  MANIFEST_FORMAT,
  type Manifest,
  type ManifestDisk,
  type RunRef,
} from '../../../../src/archive/manifests/manifest.ts';
import { type RunSummary, type WriteRunOptions, writeRun } from '../../../../src/archive/runs/write-run.ts';
import type { Target } from '../../../../src/ports/target.ts';
import type { ExtentRecord } from '../../../../src/rbd-diff/records.ts';
import { chunked, sourceOf, streamOf } from './streams.ts';

export const KEY = new Uint8Array(32).fill(7);
export const PROJECT = '0123456789abcdef0123456789abcdef';
export const SERVER = '5e000000-0000-4000-8000-000000000000';
export const id = (kind: string, number: number): string =>
  `${kind}0000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
export const backupId = (number: number): string => id('b', number);
export const diskId = (number: number): string => id('d', number);
export const place = (disk: number) => ({ projectId: PROJECT, serverId: SERVER, diskId: diskId(disk) });
export const idsOf = (backup: number) => ({ projectId: PROJECT, serverId: SERVER, backupId: backupId(backup) });
export const snapOf = (backup: number): string => `rewind-b-${backupId(backup)}`;

/** Stores what happened to a disk between two backups; `base` null: the whole disk. */
export async function store(
  target: Target,
  disk: number,
  backup: number,
  base: number | null,
  sizeBytes: number,
  records: ExtentRecord[],
  more: Partial<WriteRunOptions> = {},
): Promise<RunSummary> {
  const expect = { fromSnap: base === null ? null : snapOf(base), toSnap: snapOf(backup) };
  const stream = await streamOf({ ...expect, sizeBytes }, records);
  return writeRun({
    source: sourceOf(chunked(stream, 65536)),
    expect,
    target,
    object: runObject(place(disk), backupId(backup), 1),
    key: null,
    signal: new AbortController().signal,
    ...more,
  });
}

export const refOf = ({ object, footer_sha256, size_bytes, stored_bytes }: RunSummary): RunRef => ({
  object,
  footer_sha256,
  size_bytes,
  stored_bytes,
});

export function diskEntry(disk: number, backup: number, runs: RunSummary[]): ManifestDisk {
  const newest = runs[0]!;
  return {
    id: diskId(disk),
    kind: 'volume',
    volume_id: diskId(disk),
    device: '/dev/vda',
    boot_index: 0,
    size_bytes: newest.size_bytes,
    name: null,
    description: null,
    volume_type: null,
    availability_zone: 'nova',
    bootable: true,
    delete_on_termination: false,
    metadata: {},
    image_metadata: {},
    image: { pool: 'volumes', image: `volume-${diskId(disk)}` },
    snap: snapOf(backup),
    incremental: runs.length > 1,
    base_backup_id: null,
    full_reason: null,
    changed_bytes: newest.changed_bytes,
    stored_bytes: newest.stored_bytes,
    runs: runs.map(refOf),
  };
}

export function manifestOf(backup: number, disks: ManifestDisk[]): Manifest {
  return {
    format: MANIFEST_FORMAT,
    backup: {
      id: backupId(backup),
      project_id: PROJECT,
      user_id: 'u',
      server_id: SERVER,
      server_name: 'dbö',
      name: null,
      description: null,
      created_at: '2026-01-01T00:00:00Z',
      data_timestamp: '2026-01-01T00:00:01Z',
      incremental: false,
      base_backup_id: null,
      consistency: 'per-disk',
      paused_ms: null,
      metadata: {},
      size_bytes: 0,
      changed_bytes: 0,
      stored_bytes: 0,
    },
    server: { flavor: { vcpus: 1 } },
    disks,
    written_by: { rewind: '0.1.0', ceph: '16.2.15' },
  };
}

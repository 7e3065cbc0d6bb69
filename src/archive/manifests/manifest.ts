import * as z from 'zod';
import { RewindError } from '../../domain/errors.ts';
import { MAX_DISKS, MAX_MANIFEST_BYTES, MAX_RUNS } from '../format/format-limits.ts';
import { MAX_GENERATION, parseRunObject } from '../format/layout.ts';
import { openSeal, seal } from '../format/seal.ts';
import { damaged } from '../runs/damage.ts';

export const MANIFEST_FORMAT = 'rewind-manifest/1';

const bytes = z.int().min(0);
const id = z.string().regex(/^[0-9a-f-]{32,36}$/);
const text = z.nullable(z.string());
const strings = z.record(z.string(), z.string());

const runRef = z.strictObject({
  object: z.string().refine((name) => parseRunObject(name) !== undefined),
  /** Hash of the run's stored footer, hex. */
  footer_sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Size of the disk when the run was made. */
  size_bytes: bytes,
  /** Length of the object. */
  stored_bytes: bytes,
});

const manifestDisk = z.strictObject({
  /** The volume's id, or the server's id for a root disk on an image. */
  id,
  kind: z.enum(['root', 'volume', 'ephemeral', 'swap']),
  volume_id: z.nullable(id),
  device: text,
  boot_index: z.nullable(z.int()),
  size_bytes: bytes,
  name: text,
  description: text,
  volume_type: text,
  availability_zone: text,
  bootable: z.boolean(),
  delete_on_termination: z.boolean(),
  metadata: strings,
  image_metadata: strings,
  image: z.strictObject({ pool: z.string(), image: z.string() }),
  /** The snap on the image from which this backup was made. */
  snap: z.string(),
  incremental: z.boolean(),
  base_backup_id: z.nullable(id),
  full_reason: text,
  changed_bytes: bytes,
  stored_bytes: bytes,
  /** Newest first, down to the run that holds the whole disk: everything that a restore needs. */
  runs: z.array(runRef).min(1).max(MAX_RUNS),
});

const manifestSchema = z.strictObject({
  format: z.literal(MANIFEST_FORMAT),
  /** Absent in the first manifest of a backup. */
  generation: z.int().min(2).max(MAX_GENERATION).optional(),
  backup: z.strictObject({
    id,
    project_id: id,
    user_id: z.string(),
    server_id: id,
    server_name: z.string(),
    name: text,
    description: text,
    created_at: z.string(),
    data_timestamp: z.string(),
    incremental: z.boolean(),
    base_backup_id: z.nullable(id),
    /** The backup that this one is a copy of. */
    copy_of: id.optional(),
    consistency: z.enum(['per-disk', 'crash', 'filesystem']),
    paused_ms: z.nullable(z.number()),
    metadata: strings,
    size_bytes: bytes,
    changed_bytes: bytes,
    stored_bytes: bytes,
  }),
  /** The server and what belongs to it, as the services described them. */
  server: z.record(z.string(), z.unknown()),
  disks: z.array(manifestDisk).max(MAX_DISKS),
  written_by: z.strictObject({ rewind: z.string(), ceph: z.string() }),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestDisk = z.infer<typeof manifestDisk>;
export type RunRef = z.infer<typeof runRef>;

export const generationOf = ({ generation }: Manifest): number => generation ?? 1;

/** The manifest as it is stored. Refuses one that could not be read back (`archive.bad-manifest`, bug). */
export function sealManifest(manifest: Manifest, key: Uint8Array): Uint8Array {
  const checked = manifestSchema.safeParse(manifest);
  const sealed = checked.success ? seal(checked.data, key) : undefined;
  if (sealed === undefined || sealed.length > MAX_MANIFEST_BYTES) {
    throw new RewindError('archive.bad-manifest', 'The backup cannot be described.', { cause: checked.error });
  }
  return sealed;
}

/** Rejects with `archive.damaged` whatever was not sealed with this key; `where` is the object's name. */
export function openManifest(stored: Uint8Array, key: Uint8Array, where: string): Manifest {
  if (stored.length > MAX_MANIFEST_BYTES) throw damaged(where, 'it is longer than it can be');
  const manifest = manifestSchema.safeParse(openSeal(stored, key, where));
  if (!manifest.success) throw damaged(where, 'it makes no sense', manifest.error);
  return manifest.data;
}

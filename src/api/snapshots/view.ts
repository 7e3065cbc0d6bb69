import type { z } from 'zod';
import type { Call } from '../calls/route.ts';
import { codeAt, STATUS_WORDS, wordAt } from '../calls/version-words.ts';
import type { snapshotSchema } from './schemas.ts';
import type { ShownSnapshot } from './shown.ts';

export function snapshotView(
  snapshot: ShownSnapshot,
  { urls, version }: Pick<Call, 'urls' | 'version'>,
): z.output<typeof snapshotSchema> {
  return {
    id: snapshot.id,
    name: snapshot.name,
    description: snapshot.description,
    status: wordAt(version, STATUS_WORDS, snapshot.status),
    progress: snapshot.progress,
    fail_code: codeAt(version, snapshot.fail_code),
    fail_reason: snapshot.fail_reason,
    project_id: snapshot.project_id,
    user_id: snapshot.user_id,
    server_id: snapshot.server_id,
    server_name: snapshot.server_name,
    parent_id: snapshot.parent_id,
    protected: snapshot.protected,
    safety: snapshot.safety,
    expires_at: snapshot.expires_at,
    memory: snapshot.memory,
    consistency: snapshot.consistency,
    paused_ms: snapshot.paused_ms,
    data_timestamp: snapshot.data_timestamp,
    size_bytes: snapshot.size_bytes,
    operation_id: snapshot.operation_id,
    // Names of images in Ceph are the operator's.
    disks: snapshot.disks.map(({ id, kind, volume_id, device, boot_index, size_bytes, name }) => ({
      ...{ id, kind, volume_id, device },
      ...{ boot_index, size_bytes, name },
    })),
    metadata: snapshot.metadata,
    created_at: snapshot.created_at,
    updated_at: snapshot.updated_at,
    links: urls.linksOf('snapshots', snapshot.id),
  };
}

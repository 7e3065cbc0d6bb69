import type { Caller } from '../../domain/caller.ts';
import { hasCode } from '../../domain/errors.ts';
import { list, object } from '../../domain/json.ts';
import type { Backup, PointStatus } from '../../domain/points/backup.ts';
import type { DiskKind } from '../../domain/points/disk.ts';
import { type DiskRecord, type RecordedServer, recordedServerOf } from '../../domain/points/recorded-server.ts';
import type { Snapshot } from '../../domain/points/snapshot.ts';
import type { Rule } from '../authorization/rules.ts';
import { readSealed } from '../backups/manifest-text.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { conflict, errorOf } from '../shared/conflict.ts';
import { findBackup, findSnapshot } from '../shared/find.ts';

/** A backup or a snapshot, as a restore sees it. */
export interface RestorablePoint {
  type: 'backup' | 'snapshot';
  id: string;
  project_id: string;
  server_id: string;
  status: PointStatus;
  /** True: the memory of the server was saved with it. */
  memory: boolean;
  disks: PointsDisk[];
  /** How its server was made, as far as is known. */
  recorded(): Promise<RecordedServer | undefined>;
}

export interface PointsDisk {
  id: string;
  kind: DiskKind;
  volume_id: string | null;
  device: string | null;
  size_bytes: number;
}

/**
 * The point is named in the body, so a missing one is the body's fault: `backup.not-found`, `snapshot.not-found` (400).
 */
export async function restorablePoint(
  deps: ServiceDeps,
  caller: Caller,
  rule: Rule,
  named: { backup_id: string | null; snapshot_id: string | null },
): Promise<RestorablePoint> {
  const { backup_id, snapshot_id } = named;
  if ((backup_id === null) === (snapshot_id === null))
    throw errorOf(conflict('request.invalid', 'Either backup_id or snapshot_id must be given.'));
  const type = backup_id === null ? 'snapshot' : 'backup';
  try {
    return backup_id === null
      ? ofSnapshot(await findSnapshot(deps, caller, rule, snapshot_id ?? ''))
      : ofBackup(deps, await findBackup(deps, caller, rule, backup_id));
  } catch (error) {
    if (!hasCode(error, `${type}.not-found`)) throw error;
    throw errorOf(conflict(`${type}.not-found`, `There is no such ${type}.`, null, 400));
  }
}

function ofBackup(deps: ServiceDeps, { id, project_id, server_id, status, disks }: Backup): RestorablePoint {
  const recorded = async () => withOwnPorts(deps, id, await deps.catalogue.recordedServer(id, project_id));
  return { type: 'backup', id, project_id, server_id, status, memory: false, disks, recorded };
}

/** A record from before strangers' ports were distinguished is made again from the copy of the manifest. */
async function withOwnPorts(
  { manifestCopies }: ServiceDeps,
  backupId: string,
  recorded: RecordedServer | undefined,
): Promise<RecordedServer | undefined> {
  if (recorded === undefined || recorded.strangersPorts !== undefined) return recorded;
  const content = readSealed((await manifestCopies.find(backupId)) ?? '');
  if (content !== undefined)
    return recordedServerOf(object(content.server), list(content.disks) as unknown as DiskRecord[]);
  // Without a copy nobody knows whose they were.
  return { ...recorded, ports: [], floatingIps: [], strangersPorts: recorded.ports.map((port) => port.id) };
}

function ofSnapshot({ environment, ...snapshot }: Snapshot): RestorablePoint {
  const { id, project_id, server_id, status, memory, disks } = snapshot;
  const recorded = async () => (disks.length === 0 ? undefined : recordedServerOf(environment, disks));
  return { type: 'snapshot', id, project_id, server_id, status, memory, disks, recorded };
}

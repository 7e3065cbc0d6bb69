import { manifestObject } from '../../archive/format/layout.ts';
import type { Manifest } from '../../archive/manifests/manifest.ts';
import { findStored, type StoredManifest } from '../../archive/manifests/manifests.ts';
import { refuseRolledBack } from '../../archive/manifests/rolled-back.ts';
import { missing } from '../../archive/runs/damage.ts';
import type { Backup } from '../../domain/points/backup.ts';
import type { World } from '../world.ts';

type Place = Pick<Backup, 'id' | 'project_id' | 'server_id' | 'target'>;
type Known = Pick<World, 'targets' | 'manifestKey' | 'manifestCopies'>;

/**
 * The manifest from the target itself, if it is authentic and not older than the one recorded before. Undefined when
 * there is none. Rejects with `archive.damaged` or `archive.rolled-back`.
 */
export async function findTrusted(world: Known, backup: Place): Promise<StoredManifest | undefined> {
  // Read first, because a compaction may write the next generation at any moment: that one is not older than this copy.
  const copy = await world.manifestCopies.find(backup.id);
  const found = await findStored(world.targets.get(backup.target), idsOf(backup), world.manifestKey);
  if (found) refuseRolledBack(found, copy, world.manifestKey);
  return found;
}

/** Rejects with `archive.missing`, `archive.damaged` or `archive.rolled-back`. */
export async function trustedManifest(world: Known, backup: Place): Promise<Manifest> {
  const found = await findTrusted(world, backup);
  if (!found) throw missing(manifestObject(idsOf(backup)));
  return found.manifest;
}

const idsOf = ({ id, project_id, server_id }: Place) => ({ projectId: project_id, serverId: server_id, backupId: id });

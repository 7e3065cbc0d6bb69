import { createCeph } from '../adapters/ceph/rbd-ceph.ts';
import { deletedDisks } from '../maintenance/nova/sweep-deleted-disks.ts';
import { recipeSettingsOf } from '../wiring/settings-of.ts';
import type { Shared } from '../wiring/shared.ts';
import type { Given } from './command-line/command.ts';

/** Lists what Cinder deleted and Ceph still holds: a way back for some time, and space that nobody sees. */
export async function listDeleted({ config, openstack, ownNames }: Shared, { out }: Given): Promise<boolean> {
  const world = { ceph: createCeph(config.ceph), cloud: openstack, ownNames, settings: recipeSettingsOf(config) };
  out.whenEmpty('none');
  for (const { pool, id, volumeId, deletedAtMs, keptFor } of await deletedDisks(world)) {
    const deletedAt = Number.isFinite(deletedAtMs) ? new Date(deletedAtMs).toISOString() : null;
    out.row(
      { pool, image_id: id, volume_id: volumeId, deleted_at: deletedAt, kept_for: keptFor },
      `${pool}/${id}  volume ${volumeId ?? '(was restored from)'}  deleted ${deletedAt ?? 'at an unknown time'}  ${keptFor === null ? 'goes by itself' : `kept for ${keptFor}`}`,
    );
  }
  return true;
}

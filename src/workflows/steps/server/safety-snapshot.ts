import { RewindError } from '../../../domain/errors.ts';
import { snapshotSnapName } from '../../../domain/names.ts';
import type { Snapshot } from '../../../domain/points/snapshot.ts';
import { claimedVolume } from '../../acts/own-volume.ts';
import { snapshotDisk } from '../../lookups/describe-disk.ts';
import { type LiveDisk, locateRemaining } from '../../lookups/locate-disks.ts';
import { serverOf } from '../../lookups/server-of.ts';
import type { RecipeStep, World } from '../../world.ts';
import { refuseChanged } from './same-disks.ts';

export interface SafetySnapshotInput {
  snapshotId: string;
  serverId: string;
  name: string;
}

const MS_PER_HOUR = 3_600_000;

/** The name says which restore it is the way back from. */
export const safetyOf = (
  input: { server_id: string; restore_id: string; safety_id?: string | null },
  what: 'backup' | 'snapshot',
): SafetySnapshotInput => ({
  snapshotId: input.safety_id ?? '',
  serverId: input.server_id,
  name: `before restore ${input.restore_id} of a ${what}`,
});

/**
 * The way back from a restore: before the disks of the stopped server are replaced, all existing ones are snapped. The
 * snapshot is part of the tree like any other, and expires by itself.
 */
export const safetySnapshot: RecipeStep<SafetySnapshotInput, { images: number }> = {
  name: 'safety-snapshot',
  async find(context, { snapshotId }) {
    const snapshot = await context.world.catalogue.snapshot(snapshotId, context.operation.project_id);
    return snapshot && { images: snapshot.disks.length };
  },
  async act(context, { snapshotId, serverId, name }) {
    const { world, operation } = context;
    const server = await serverOf(context, serverId);
    const disks = await locateRemaining(world, server);
    if (disks.length === 0) return { images: 0 };
    await context.proveLease();
    const snap = snapshotSnapName(snapshotId);
    await Promise.all(disks.map(({ image }) => world.ceph.createSnap(image, snap)));
    context.boundary('snapped');
    for (const { volume, image } of disks)
      if (volume) await claimedVolume(context, { volumeId: volume.id, serverId, image });
    await refuseChanged(context, serverId, { planned: disks });
    const now = world.clock.now();
    const at = new Date(now).toISOString();
    await world.catalogue.putSnapshot({
      ...blank(disks, at),
      id: snapshotId,
      project_id: operation.project_id,
      user_id: operation.user_id,
      server_id: server.id,
      server_name: server.name,
      name,
      parent_id: await world.catalogue.position(server.id, operation.project_id),
      expires_at: new Date(now + world.settings.safetyHours * MS_PER_HOUR).toISOString(),
      operation_id: operation.id,
      environment: { ...(await world.cloud.environment(server)) },
    });
    return { images: disks.length };
  },
  /** Nothing was replaced, so nothing needs to be kept. */
  async undo(context, { snapshotId, serverId }) {
    const { world, operation } = context;
    const snapshot = await world.catalogue.snapshot(snapshotId, operation.project_id);
    const images = snapshot?.disks.map((disk) => disk.image) ?? (await imagesNow(world, serverId));
    for (const image of images) await world.ceph.removeSnap(image, snapshotSnapName(snapshotId));
    await world.catalogue.removeSnapshot(snapshotId);
  },
};

async function imagesNow(world: World, serverId: string): Promise<LiveDisk['image'][]> {
  const server = await world.cloud.admin.compute.server(serverId);
  if (!server) throw new RewindError('server.not-found', `There is no server ${serverId}.`);
  return (await locateRemaining(world, server)).map((disk) => disk.image);
}

type Blank = Omit<
  Snapshot,
  | ('id' | 'project_id' | 'user_id' | 'server_id' | 'server_name' | 'name')
  | ('parent_id' | 'expires_at' | 'operation_id' | 'environment')
>;

const blank = (disks: readonly LiveDisk[], at: string): Blank => ({
  description: null,
  status: 'available',
  fail_code: null,
  fail_reason: null,
  protected: false,
  safety: true,
  memory: false,
  // The server is stopped: nothing is in flight.
  consistency: 'crash',
  paused_ms: null,
  data_timestamp: at,
  size_bytes: disks.reduce((sum, disk) => sum + disk.sizeBytes, 0),
  disks: disks.map(snapshotDisk),
  metadata: {},
  created_at: at,
  updated_at: at,
});

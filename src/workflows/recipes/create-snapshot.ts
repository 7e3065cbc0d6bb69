import type { Instant } from '../../domain/points/instant.ts';
import { SAVED_MEMORY } from '../../domain/points/memory-point.ts';
import type { Snapshot } from '../../domain/points/snapshot.ts';
import type { Workflow } from '../../workflow-engine/workflow.ts';
import { unmade } from '../ended.ts';
import { type CreateSnapshotInput, planSnapshot, type SnapshotPlan } from '../planning/plan-snapshot.ts';
import { notePosition } from '../steps/image/note-position.ts';
import { snapDisks } from '../steps/image/snap-disks.ts';
import { memoryOf, snapWithMemory } from '../steps/server/snap-with-memory.ts';
import type { World } from '../world.ts';

/** Snaps every disk of a server at one instant, with its memory if requested; the snaps stay where the disks are. */
export const createSnapshot: Workflow<World> = {
  name: 'create-snapshot/1',
  steps: [planSnapshot, snapDisks, snapWithMemory, notePosition],

  async run(run, given) {
    const input = given as CreateSnapshotInput;
    const serverId = input.server_id;
    const plan = await run.step(planSnapshot, input);
    const images = plan.disks.map((disk) => disk.image);
    const volumes = plan.disks.flatMap(({ volume_id: id, image }) => (id === null ? [] : [{ volumeId: id, image }]));
    const planned = plan.disks.map(({ image, image_id: imageId }) => ({ image, imageId }));
    const taking = { serverId, snap: plan.snap, images, volumes, planned };
    const instant = input.memory
      ? await run.step(snapWithMemory, { ...taking, memory: memoryOf(run.world.settings, input.snapshot_id) })
      : await run.step(snapDisks, { ...taking, wanted: input.consistency });
    await run.pointOfNoReturn();
    await run.step(notePosition, { serverId, snapshotId: input.snapshot_id });
    return { snapshot: { id: input.snapshot_id, change: published(plan, instant, input.memory ?? false) } };
  },

  ended: (operation, failure) => ({
    snapshot: {
      id: operation.resource_id,
      change: unmade(failure),
    },
  }),
};

function published(plan: SnapshotPlan, instant: Instant, memory: boolean): Partial<Snapshot> {
  return {
    status: 'available',
    server_name: plan.serverName,
    parent_id: plan.parentId,
    consistency: memory ? 'memory' : instant.consistency,
    paused_ms: instant.pausedMs,
    data_timestamp: instant.at,
    size_bytes: plan.disks.reduce((sum, disk) => sum + disk.size_bytes, 0),
    disks: plan.disks,
    // The way back relies on these facts: on the image, every host could change them.
    environment: { ...plan.environment, ...(instant.memory ? { [SAVED_MEMORY]: instant.memory } : {}) },
  };
}

import { snapshotSnapName } from '../../domain/names.ts';
import type { WantedConsistency } from '../../domain/points/backup.ts';
import type { SnapshotDisk } from '../../domain/points/snapshot.ts';
import { refuseFirst } from '../../domain/rules/refusal.ts';
import { captureRefusals } from '../../domain/rules/server-rules.ts';
import type { Environment } from '../../ports/openstack.ts';
import { snapshotDisk } from '../lookups/describe-disk.ts';
import { locateDisks } from '../lookups/locate-disks.ts';
import { serverOf } from '../lookups/server-of.ts';
import type { RecipeStep } from '../world.ts';
import { refuseNearlyFull } from './refuse-nearly-full.ts';

export interface CreateSnapshotInput {
  snapshot_id: string;
  server_id: string;
  consistency: WantedConsistency;
  /** True: with the memory of the same instant. */
  memory?: boolean;
}

export interface SnapshotPlan {
  serverName: string;
  snap: string;
  /** The snapshot from which the server's content went on last. */
  parentId: string | null;
  environment: Environment;
  disks: SnapshotDisk[];
}

/** Read-only. All preconditions are checked here; later steps do not refuse. */
export const planSnapshot: RecipeStep<CreateSnapshotInput, SnapshotPlan> = {
  name: 'plan-snapshot',
  async act(context, input) {
    const { world, operation } = context;
    const server = await serverOf(context, input.server_id);
    refuseFirst(captureRefusals(server));
    const live = await locateDisks(world, server);
    const pools = live.map((disk) => disk.image.pool);
    await refuseNearlyFull(world, input.memory ? [...pools, world.settings.snapshotPool] : pools);
    return {
      serverName: server.name,
      snap: snapshotSnapName(input.snapshot_id),
      parentId: await world.catalogue.position(server.id, operation.project_id),
      environment: await world.cloud.environment(server),
      disks: live.map(snapshotDisk),
    };
  },
};

import type { Difference } from '../../../domain/points/new-server-plan.ts';
import { recordedServer } from '../../lookups/recorded-server-of.ts';
import type { PointRef } from '../../lookups/restore-source.ts';
import { serverOf } from '../../lookups/server-of.ts';
import type { RecipeStep } from '../../world.ts';

export interface CompareServerInput {
  point: PointRef;
  serverId: string;
  volumes: { diskId: string; volumeId: string }[];
}

/** Compares the result with the record: Nova chooses devices by itself. */
export const compareServer: RecipeStep<CompareServerInput, Difference[]> = {
  name: 'compare-server',
  async act(context, { point, serverId, volumes }) {
    const recorded = await recordedServer(context, point);
    const server = await serverOf(context, serverId);
    const found: Difference[] = [];
    for (const { diskId, volumeId } of volumes) {
      const was = recorded.disks.find((disk) => disk.id === diskId)?.device ?? null;
      const is = server.volumes.find((volume) => volume.volumeId === volumeId)?.device ?? null;
      if (was !== is && was !== null)
        found.push({ code: 'volume.device', detail: `Volume ${volumeId} is ${is ?? 'no device'}; it was ${was}.` });
    }
    return found;
  },
};

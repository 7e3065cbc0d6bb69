import type { StepContext } from '../../../workflow-engine/step.ts';
import { portsPlugged } from '../../acts/server-acts.ts';
import { rootImageOf, volumeImageOf } from '../../lookups/locate-disks.ts';
import { PORTS_CLOSED_AFTER_MS } from '../../recipe-limits.ts';
import type { World } from '../../world.ts';

/**
 * Nova holds a new guest before its first instruction until Neutron reports that its ports are up, and gives up after
 * some minutes. Neutron never reports that for closed ports, so we do, but only after the guest has been held for as
 * long as the host's network agent may take to close them. Ceph shows when the guest is there: it has its root disk
 * open then.
 */
export function firstBoot(
  context: StepContext<World>,
  serverId: string,
  { ports, rootVolumeId }: { ports: readonly { portId: string }[]; rootVolumeId: string | null },
): () => Promise<void> {
  let opener: string | undefined;
  let sinceMs = 0;
  return async () => {
    if (ports.length === 0) return;
    const { ceph, clock } = context.world;
    const [seen] = await ceph.watchers(await rootOf(context.world, serverId, rootVolumeId));
    // Nova itself opens the image for moments while it makes the disk.
    if (seen === undefined || seen !== opener) {
      opener = seen;
      sinceMs = clock.monotonic();
      return;
    }
    if (clock.monotonic() - sinceMs < PORTS_CLOSED_AFTER_MS) return;
    await portsPlugged(
      context,
      serverId,
      ports.map((port) => port.portId),
    );
  };
}

async function rootOf({ cloud, settings }: World, serverId: string, volumeId: string | null) {
  const volume = volumeId === null ? undefined : await cloud.admin.blockStorage.volume(volumeId);
  return volume ? volumeImageOf(settings, volume) : rootImageOf(settings, serverId);
}

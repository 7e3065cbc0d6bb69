import { RewindError } from '../../domain/errors.ts';
import { type LocalDisk, localDiskOf } from '../../domain/names.ts';
import type { DiskKind } from '../../domain/points/disk.ts';
import type { NewServerPlan } from '../../domain/points/new-server-plan.ts';
import { type RecordedServer, recordedServerOf } from '../../domain/points/recorded-server.ts';
import type { NewVolume } from '../../ports/openstack.ts';
import {
  chosenDisks,
  type DraftSource,
  type Point,
  type PointDisk,
  type PointRef,
  pointOf,
  refuseMissingData,
} from '../lookups/restore-source.ts';
import type { RecipeStep } from '../world.ts';
import { bytesToWrite, newVolumeOf } from './plan-restore-volumes.ts';

export interface RestoreNewServerInput extends PointRef {
  restore_id: string;
  disks: string[];
  /** For a backup: its disks are used before their data are there. */
  instant?: boolean;
  /** Decided during the request, with the caller's rights. */
  plan: NewServerPlan;
}

export interface NewServerDisk {
  diskId: string;
  kind: DiskKind;
  source: DraftSource;
  /** Null: Nova makes the disk. */
  volume: NewVolume | null;
  /** Which disk of Nova's it is; null: it is a volume. */
  local: LocalDisk | null;
  bootable: boolean;
  imageMetadata: Record<string, string>;
  deleteOnTermination: boolean;
  /** Nova's device tag. */
  tag: string | null;
}

/** Read-only: adds what the point knows to the plan. The disks are in the order of their devices, root first. */
export const planNewServer: RecipeStep<RestoreNewServerInput, { disks: NewServerDisk[] }> = {
  name: 'plan-new-server',
  async act(context, input) {
    const point = await pointOf(context, input);
    const recorded = recordedServerOf(point.environment, point.disks);
    refuseStrangers(input.plan, recorded);
    const inOrder = point.disks.map((disk) => disk.id).filter((id) => input.disks.includes(id));
    const disks = (await chosenDisks(context, point, inOrder)).map(
      (disk): NewServerDisk => ({
        diskId: disk.id,
        kind: disk.kind,
        source: disk.source,
        volume: volumeOf(disk, point, input.plan),
        local: disk.volume_id === null ? (localDiskOf(disk.image.image) ?? '_disk') : null,
        bootable: disk.bootable || disk.kind === 'root',
        imageMetadata: disk.image_metadata,
        deleteOnTermination: disk.delete_on_termination,
        tag: recorded.disks.find((one) => one.id === disk.id)?.tag ?? null,
      }),
    );
    for (const disk of disks) await refuseMissingData(context, disk.source);
    context.progress.total(bytesToWrite(disks.map((disk) => disk.source)));
    return { disks };
  },
};

/** The plan may be older than the knowledge of strangers' ports: nothing of theirs is made. */
function refuseStrangers({ ports, security_groups }: NewServerPlan, recorded: RecordedServer): void {
  const known = new Set(recorded.ports.flatMap((port) => [port.id, ...port.securityGroups]));
  const named = [...ports.map((port) => port.recorded_id), ...security_groups.map((group) => group.recorded_id)];
  if (named.every((id) => id === null || known.has(id))) return;
  throw new RewindError('port.not-the-servers');
}

function volumeOf(disk: PointDisk, point: Point, plan: NewServerPlan): NewVolume | null {
  if (disk.volume_id === null) return null;
  return newVolumeOf(disk, disk.name, point, plan.volumes);
}

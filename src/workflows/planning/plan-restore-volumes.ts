import { refuseFirst } from '../../domain/rules/refusal.ts';
import { changeRefusals } from '../../domain/rules/server-rules.ts';
import { fitVolume, withSuffix } from '../../domain/service-limits.ts';
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
import { serverOf } from '../lookups/server-of.ts';
import { BYTES_PER_GIB } from '../recipe-limits.ts';
import type { RecipeStep } from '../world.ts';

export interface RestoreVolumesInput extends PointRef {
  restore_id: string;
  disks: string[];
  attach_to: string | null;
  name: string | null;
  /** For a backup: its disks are used before their data are there. */
  instant?: boolean;
  volumes?: ChosenVolume[];
}

/** Where a new volume is made, as the request planned it. Without it: as the old one was. */
export interface ChosenVolume {
  disk_id: string;
  volume_type: string | null;
  availability_zone: string | null;
}

export interface PlannedVolume {
  diskId: string;
  volume: NewVolume;
  source: DraftSource;
  bootable: boolean;
  imageMetadata: Record<string, string>;
}

export interface RestoreVolumesPlan {
  disks: PlannedVolume[];
}

/** Read-only. All preconditions are checked here; later steps do not refuse. */
export const planRestoreVolumes: RecipeStep<RestoreVolumesInput, RestoreVolumesPlan> = {
  name: 'plan-restore-volumes',
  async act(context, input) {
    const point = await pointOf(context, input);
    if (input.attach_to !== null) {
      const server = await serverOf(context, input.attach_to);
      refuseFirst(changeRefusals(server));
    }
    const chosen = await chosenDisks(context, point, input.disks);
    const disks = chosen.map((disk, index): PlannedVolume => {
      const name =
        input.name === null ? disk.name : chosen.length > 1 ? withSuffix(input.name, `-${index + 1}`) : input.name;
      return {
        diskId: disk.id,
        volume: newVolumeOf(disk, name, point, input.volumes),
        source: disk.source,
        bootable: disk.bootable,
        imageMetadata: disk.image_metadata,
      };
    });
    for (const disk of disks) await refuseMissingData(context, disk.source);
    context.progress.total(bytesToWrite(disks.map((disk) => disk.source)));
    return { disks };
  },
};

/** Cinder counts in whole GiB. */
export function newVolumeOf(
  disk: PointDisk,
  name: string | null,
  { mark }: Pick<Point, 'mark'>,
  chosen: readonly ChosenVolume[] = [],
): NewVolume {
  const { volume_type, availability_zone } = chosen.find((one) => one.disk_id === disk.id) ?? disk;
  return {
    ...fitVolume({ name, description: disk.description, metadata: { ...disk.metadata, ...mark } }).value,
    sizeGiB: Math.max(1, Math.ceil(disk.size_bytes / BYTES_PER_GIB)),
    volumeType: volume_type,
    availabilityZone: availability_zone,
  };
}

/** An upper bound: holes are skipped. */
export const bytesToWrite = (sources: readonly DraftSource[]): number =>
  sources.reduce((sum, source) => sum + source.sizeBytes, 0);

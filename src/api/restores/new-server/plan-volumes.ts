import type { PlannedNewVolume } from '../../../domain/points/new-server-plan.ts';
import type { RecordedDisk } from '../../../domain/points/recorded-server.ts';
import type { Flavor } from '../../../ports/server-making.ts';
import { notTaken } from '../plan-warnings.ts';
import { note, type PlanDraft, refuse } from './draft.ts';

const BYTES_PER_GIB = 1024 ** 3;

/** What `planVolumes` needs: for a new server, or for volumes alone. */
export type VolumesDraft = Pick<PlanDraft, 'recorded' | 'wishes' | 'offerings' | 'conflicts' | 'differences'>;

/** Types and zones of new volumes, among those that the caller may choose. Missing ones are the caller's to replace. */
export async function planVolumes(draft: VolumesDraft): Promise<PlannedNewVolume[]> {
  const disks = draft.recorded.disks.filter((disk) => disk.volumeId !== null);
  const [types, zones] = await Promise.all([draft.offerings.volumeTypes(), draft.offerings.volumeZones()]);
  for (const type of Object.keys(draft.wishes.volume_types))
    if (!disks.some((disk) => disk.volumeType === type))
      refuse(draft, 'volume-type.unused', 'volume_types names a type that no volume of the backup has.');
  draft.differences.push(
    ...notTaken(
      draft.recorded,
      disks.map(({ id }) => id),
    ),
  );
  return disks.map((disk) => ({
    disk_id: disk.id,
    name: disk.name,
    size_bytes: disk.sizeBytes,
    volume_type: typeOf(draft, disk, types),
    availability_zone: zoneOf(draft, disk, zones),
  }));
}

function typeOf(draft: VolumesDraft, disk: RecordedDisk, types: readonly string[]): string | null {
  const recorded = disk.volumeType;
  if (recorded === null) return null;
  const wanted = draft.wishes.volume_types[recorded];
  const type = wanted ?? recorded;
  if (types.includes(type)) return type;
  if (wanted !== undefined) refuse(draft, 'volume-type.not-found', 'volume_types names a type that is not there.');
  else refuse(draft, 'volume-type.gone', `The type of volume ${disk.id} is gone.`);
  return type;
}

/** The server's zone, if there is such a zone for volumes; otherwise the zone where the volume was. */
function zoneOf(draft: VolumesDraft, disk: RecordedDisk, zones: readonly string[]): string | null {
  const asked = draft.wishes.availability_zone;
  if (asked !== null && zones.includes(asked)) return asked;
  if (disk.zone === null || zones.includes(disk.zone)) return disk.zone;
  note(draft, 'volume.zone', `Volume ${disk.id} comes into the default zone: its own is gone.`);
  return null;
}

/** Reports what the services would refuse, before anything is made. Tenants cannot see counts of ports. */
export async function refuseBeyondQuota(
  draft: PlanDraft,
  flavor: Flavor | undefined,
  volumes: readonly PlannedNewVolume[],
): Promise<void> {
  const [compute, storage] = await Promise.all([draft.offerings.computeRoom(), draft.offerings.volumeRoom()]);
  const gibibytes = volumes.reduce((sum, one) => sum + Math.max(1, Math.ceil(one.size_bytes / BYTES_PER_GIB)), 0);
  const needs: [what: string, needed: number, left: number | null][] = [
    ['servers', 1, compute.servers],
    ['cores', flavor?.vcpus ?? 0, compute.cores],
    ['MiB of memory', flavor?.ramMiB ?? 0, compute.ramMiB],
    ['volumes', volumes.length, storage.volumes],
    ['GiB of volumes', gibibytes, storage.gigabytes],
  ];
  for (const [what, needed, left] of needs) {
    if (left === null || needed <= left) continue;
    const detail = `The project's quota has room for ${Math.max(0, left)} more ${what}; ${needed} are needed.`;
    refuse(draft, 'quota.cloud', detail);
  }
}

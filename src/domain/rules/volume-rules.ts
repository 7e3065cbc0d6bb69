import { type Refusal, refusal } from './refusal.ts';

/** What these rules look at, in Cinder's answer. */
export interface SeenVolume {
  id: string;
  /** available, in-use, maintenance, … */
  status: string;
  encrypted: boolean;
  multiattach: boolean;
  attachments: readonly { serverId: string }[];
}

/** A disk of a point, in these rules. */
export interface DiskOfPoint {
  kind: 'root' | 'volume' | 'ephemeral' | 'swap';
  size_bytes: number;
}

export const volumeNotYours = (volumeId: string): Refusal =>
  refusal('volume.not-yours', `Volume ${volumeId} is not one of the server's project.`);

/** Volumes of which no point can be made, and into which nothing can be restored. */
export function unfitRefusals(volume: Pick<SeenVolume, 'id' | 'encrypted' | 'multiattach'>): Refusal[] {
  const found: Refusal[] = [];
  if (volume.encrypted)
    found.push(refusal('volume.encrypted', `Volume ${volume.id} is encrypted; this is not supported.`));
  if (volume.multiattach)
    found.push(
      refusal('volume.multiattach', `Volume ${volume.id} may be attached to several servers; this is not supported.`),
    );
  return found;
}

/** What keeps the content of a volume from being replaced by that of a server's point now. */
export function replaceRefusals(volume: SeenVolume, serverId: string): Refusal[] {
  const found = unfitRefusals(volume);
  if (volume.attachments.some((one) => one.serverId !== serverId))
    found.push(refusal('volume.attached-elsewhere', `Volume ${volume.id} is attached to another server.`));
  if (volume.status !== 'available' && volume.status !== 'in-use')
    found.push(refusal('volume.wrong-state', `Volume ${volume.id} is busy in the Block Storage service.`));
  return found;
}

/**
 * A disk that has grown keeps its size; it cannot take content that is larger than it is. `sizeBytes`: its present
 * size.
 */
export const sizeRefusals = (sizeBytes: number, disk: DiskOfPoint): Refusal[] =>
  sizeBytes < disk.size_bytes ? [refusal('restore.disk-smaller', 'A disk is smaller now than it was then.')] : [];

/** Cinder's snapshots of a volume read from the data that would be replaced. */
export const hasSnapshotsRefusal = (volumeId: string): Refusal =>
  refusal(
    'volume.has-snapshots',
    `Volume ${volumeId} has snapshots in the Block Storage service.`,
    'They depend on the data that would be replaced. Delete them, or restore as new volumes.',
  );

/** A data volume that was deleted is made again; a root volume cannot be attached to an existing server. */
export const goneVolumeRefusals = (disk: DiskOfPoint): Refusal[] =>
  disk.kind === 'root'
    ? [
        refusal(
          'restore.root-volume-gone',
          'The volume the server boots from was deleted.',
          'A root volume cannot be attached to a server that is there: restore it with mode volumes and boot a server from it.',
        ),
      ]
    : [];

/** A local disk can only go back to its own place. `isThere`: the server was seen to have a disk in that place. */
export const localDiskRefusals = (isThere: boolean): Refusal[] =>
  isThere
    ? []
    : [
        refusal(
          'restore.root-differs',
          'The server no longer has a disk in the place of this one.',
          'Restore the disk with mode volumes.',
        ),
      ];

/** The memory refers to the disks of its instant, by their names and places: it can go on with no others. */
export const memoryRefusals = (sameDisks: boolean): Refusal[] =>
  sameDisks
    ? []
    : [
        refusal(
          'memory.disks-differ',
          'The server has other disks now than those its memory knows.',
          'Attach and detach volumes until they are the same, or restore without memory.',
        ),
      ];

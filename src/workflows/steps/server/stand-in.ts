import { imageId, type LocalDisk, standInName } from '../../../domain/names.ts';
import type { ImageRef } from '../../../domain/points/disk.ts';
import type { Ceph, ImageInfo } from '../../../ports/ceph.ts';

/** No disk of Nova's is so small. Nova makes it as large as the flavor says when it goes on with it. */
const STAND_IN_BYTES = 4_096;
const OWN_ID = 'rewind.stand-in';
const STANDS_FOR = 'rewind.stands-for';

export interface StandIn {
  /** Ceph's id. */
  id: string;
  /** Ceph's id of the disk that it stands for; null: an earlier release did not record it. */
  standsFor: string | null;
}

type Images = Pick<Ceph, 'imageInfo' | 'createImage' | 'renameImage' | 'mark' | 'marks'>;

/** Puts an image into the place of `live`, which is complete and marked from its first moment there. */
export async function makeStandIn(
  ceph: Images,
  { serverId, disk }: { serverId: string; disk: LocalDisk },
  standsFor: string,
  pool: string,
): Promise<ImageRef> {
  const image = { pool, image: standInName(serverId, disk, standsFor) };
  await ceph.createImage(image, STAND_IN_BYTES);
  const made = await ceph.imageInfo(image);
  await ceph.mark(image, STANDS_FOR, imageId(standsFor));
  // The mark contains the id, because a clone inherits its parent's metadata.
  await ceph.mark(image, OWN_ID, imageId(made?.id ?? ''));
  return image;
}

/** Whether an image is one of our stand-ins for a disk, whatever its present size. */
export async function standInOf(ceph: Images, image: ImageRef, info: ImageInfo): Promise<StandIn | undefined> {
  const marks = await ceph.marks(image);
  if (marks[OWN_ID] === info.id) return { id: info.id, standsFor: marks[STANDS_FOR] ?? null };
  return info.sizeBytes === STAND_IN_BYTES ? { id: info.id, standsFor: null } : undefined;
}

import { mkdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { rbdName } from '../../domain/names.ts';
import type { ImageRef } from '../../domain/points/disk.ts';
import type { MemoryFile, MemoryImages, MemoryStore } from '../../ports/memory.ts';
import { quietly, tool } from './host-tools.ts';
import { type ExportSettings, exportImage, type ImageExport } from './image-export.ts';
import { digestOf, makeFile, makeFolder, measureWriting, refuseDamaged } from './memory-file.ts';

export interface ImageStoreParts extends ExportSettings {
  folder: string;
  images: MemoryImages;
}

/** XFS needs some room for itself, and refuses to be small. */
const OVERHEAD_BYTES = 512 * 1024 * 1024;
const SHARE = 1.05;
const SECTOR = 4096;
const SAFE = 'nodev,nosuid,noexec,nouuid';

/**
 * The image itself as a file through FUSE, with a loop device and XFS on it: this needs no room on this host, but
 * root's rights. The loop device is there because libvirt wants a file that can grow.
 */
export function imageStore({ folder, images, ...settings }: ImageStoreParts): MemoryStore {
  const attach = (ref: ImageRef, readOnly: boolean) => attachImage({ folder, ...settings }, ref, readOnly);
  return {
    kind: 'image',
    async open(ref, capacityBytes) {
      const size = Math.ceil((capacityBytes * SHARE + OVERHEAD_BYTES) / SECTOR) * SECTOR;
      await images.create(ref, size);
      const file = await attach(ref, false);
      try {
        await makeFile(file.path);
        return file;
      } catch (error) {
        await file.drop();
        throw error;
      }
    },
    async fetch(ref, saved) {
      const file = await attach(ref, true);
      try {
        await refuseDamaged(file.path, saved);
        return file;
      } catch (error) {
        await file.drop();
        throw error;
      }
    },
  };
}

async function attachImage(
  { folder, ...settings }: Omit<ImageStoreParts, 'images'>,
  ref: ImageRef,
  readOnly: boolean,
): Promise<MemoryFile> {
  const home = join(folder, rbdName(ref.image));
  const mount = join(home, 'mount');
  const path = join(mount, 'memory');
  let served: ImageExport | undefined;
  let loop: string | undefined;
  const drop = async (): Promise<void> => {
    await tool('umount', mount).catch(() => quietly(tool('umount', '--lazy', mount)));
    if (loop) await quietly(tool('losetup', '--detach', loop));
    loop = undefined;
    await served?.end();
    served = undefined;
    await quietly(rmdir(mount));
    await rm(join(home, 'image'), { force: true });
    await quietly(rmdir(home));
  };
  await makeFolder(home);
  await mkdir(mount, { recursive: true, mode: 0o700 });
  try {
    served = await exportImage(settings, ref, join(home, 'image'), readOnly);
    const access = readOnly ? ['--read-only'] : [];
    loop = (await tool('losetup', '--find', '--show', ...access, join(home, 'image'))).trim();
    // -K: the image is new, there is nothing to discard.
    if (!readOnly) await tool('mkfs.xfs', '-q', '-f', '-K', loop);
    await tool('mount', '-t', 'xfs', '-o', readOnly ? `${SAFE},ro,norecovery` : SAFE, loop, mount);
  } catch (error) {
    await drop();
    throw error;
  }
  return {
    path,
    measure: () => measureWriting(path),
    async keep() {
      const digest = await digestOf(path);
      await tool('umount', mount);
      await drop();
      return digest;
    },
    drop,
  };
}

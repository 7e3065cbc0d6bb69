import { chmod, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { rbdName } from '../../domain/names.ts';
import type { ImageRef } from '../../domain/points/disk.ts';
import type { MemoryFile, MemoryImages, MemoryStore } from '../../ports/memory.ts';
import { digestOf, makeFile, makeFolder, measureWriting, refuseDamaged, storeFailed } from './memory-file.ts';

export interface StreamStoreParts {
  folder: string;
  images: MemoryImages;
}

/**
 * A file of this host that is copied into an image afterwards. It needs room for the memory here, but no special
 * rights.
 */
export function streamStore({ folder, images }: StreamStoreParts): MemoryStore {
  const fileOf = async (ref: ImageRef): Promise<MemoryFile> => {
    const path = join(folder, `${rbdName(ref.image)}.memory`);
    await makeFolder(folder);
    await removeFile(path);
    return {
      path,
      measure: () => measureWriting(path).catch(rethrow),
      async keep() {
        const digest = await digestOf(path).catch(rethrow);
        await images.importFile(ref, path);
        return digest;
      },
      drop: () => removeFile(path),
    };
  };
  return {
    kind: 'stream',
    async open(ref) {
      const file = await fileOf(ref);
      await makeFile(file.path).catch(rethrow);
      return file;
    },
    async fetch(ref, saved) {
      const file = await fileOf(ref);
      try {
        await images.exportFile(ref, file.path);
        await chmod(file.path, 0o600);
        // `rbd import` may round the size of an image up.
        await truncate(file.path, saved.bytes);
        await refuseDamaged(file.path, saved);
        return file;
      } catch (error) {
        await file.drop();
        throw error;
      }
    },
  };
}

async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

function rethrow(error: unknown): never {
  throw storeFailed(error);
}

import { access, constants } from 'node:fs/promises';
import { RewindError } from '../../domain/errors.ts';
import type { MemoryImages, MemoryStore, MemoryStores } from '../../ports/memory.ts';
import type { Log } from '../../ports/system.ts';
import { childrenDieWithUs } from '../system/die-with-parent.ts';
import { tool } from './host-tools.ts';
import { imageStore } from './image-store.ts';
import { streamStore } from './stream-store.ts';
import { sweepHost } from './sweep-host.ts';

export interface MemoryStoresParts {
  wanted: 'auto' | 'image' | 'stream';
  folder: string;
  conf: string;
  user: string;
  images: MemoryImages;
  log: Log;
}

/**
 * Uses the image where this host can, and otherwise a file that is copied. Rejects with `memory.store-unavailable` when
 * the requested one is not available.
 */
export async function createMemoryStores(parts: MemoryStoresParts): Promise<MemoryStores> {
  const { wanted, folder, images, conf, user, log } = parts;
  const missing = await whyNoImage();
  if (wanted === 'image' && missing) throw unavailable(missing);
  const stream = streamStore({ folder, images });
  const image = missing ? undefined : imageStore({ folder, images, conf, user });
  const preferred: MemoryStore = wanted === 'stream' || !image ? stream : image;
  log.info('where memory is kept', { store: preferred.kind, ...(missing ? { no_image: missing } : {}) });
  return {
    preferred,
    of(kind) {
      const store = kind === 'stream' ? stream : image;
      if (!store) throw unavailable(missing ?? '');
      return store;
    },
    async sweep() {
      const found = await sweepHost(folder);
      if (found.length > 0) log.warn('an earlier process left memory on this host', { found });
    },
  };
}

async function whyNoImage(): Promise<string | undefined> {
  if (process.geteuid?.() !== 0) return 'not root';
  if (!childrenDieWithUs()) return 'setpriv is missing';
  for (const device of ['/dev/fuse', '/dev/loop-control']) {
    if (!(await there(access(device, constants.R_OK | constants.W_OK)))) return `${device} cannot be used`;
  }
  const help = await tool('qemu-storage-daemon', '--help').catch(() => '');
  if (!help.includes('fuse,id=')) return 'qemu-storage-daemon cannot export through FUSE';
  if (!(await there(tool('mkfs.xfs', '-V')))) return 'mkfs.xfs is missing';
  if (!(await there(tool('losetup', '--version')))) return 'losetup is missing';
  return undefined;
}

const there = (trial: Promise<unknown>): Promise<boolean> =>
  trial.then(
    () => true,
    () => false,
  );

const unavailable = (missing: string): RewindError =>
  new RewindError('memory.store-unavailable', { hint: `On this host: ${missing}.` });

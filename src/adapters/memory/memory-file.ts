import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { RewindError } from '../../domain/errors.ts';
import type { SavedMemory } from '../../domain/points/memory-point.ts';

/** Nobody else may read it: it contains the secrets of a guest. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const PROBE_BYTES = 64 * 1024 * 1024;
const PIECE_BYTES = 4 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;

export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: FOLDER_MODE });
}

/**
 * The file is made here so that it stays ours: libvirt, which writes into it as root, keeps the owner of an existing
 * file.
 */
export async function makeFile(path: string): Promise<void> {
  await (await open(path, 'wx', FILE_MODE)).close();
}

/**
 * Measures the bytes per second that can be written and synced to where `path` really lies; the file is empty again
 * afterwards.
 */
export async function measureWriting(path: string): Promise<number> {
  const file = await open(path, 'r+');
  try {
    // Random enough for anything that leaves out zeros.
    const piece = Buffer.alloc(PIECE_BYTES, createHash('sha256').update(path).digest());
    const began = performance.now();
    for (let at = 0; at < PROBE_BYTES; at += PIECE_BYTES) await file.write(piece, 0, PIECE_BYTES, at);
    await file.datasync();
    const seconds = (performance.now() - began) / 1000;
    await file.truncate(0);
    return PROBE_BYTES / Math.max(seconds, 1e-3);
  } finally {
    await file.close();
  }
}

/** Size and hash of the whole file, after a sync. */
export async function digestOf(path: string): Promise<{ bytes: number; sha256: string }> {
  const file = await open(path, 'r');
  try {
    await file.sync();
    return await digestHandle(file);
  } finally {
    await file.close();
  }
}

async function digestHandle(file: FileHandle): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = createReadStream('', { fd: file, autoClose: false, start: 0, highWaterMark: READ_BYTES });
  for await (const piece of stream as AsyncIterable<Buffer>) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

export async function refuseDamaged(path: string, saved: SavedMemory): Promise<void> {
  const { bytes, sha256 } = await digestOf(path);
  if (bytes === saved.bytes && sha256 === saved.sha256) return;
  throw new RewindError('memory.damaged');
}

export const storeFailed = (cause: unknown): RewindError => new RewindError('memory.store-failed', { cause });

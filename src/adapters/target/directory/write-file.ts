import type { FileHandle } from 'node:fs/promises';

/** Small chunks are joined up to this size before they are written. Bytes. */
const JOIN_BYTES = 1024 * 1024;
/** Dirty data are sent to the disk this often, so that the last fsync does not take minutes. Bytes. */
const SYNC_EVERY_BYTES = 256 * 1024 * 1024;

/**
 * Writes all chunks to an open file, in large writes; a chunk is no longer read once the next is asked for. Resolves to
 * the bytes written; does not sync the last ones.
 */
export async function writeChunks(
  file: Pick<FileHandle, 'write' | 'datasync'>,
  chunks: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<number> {
  const joined = Buffer.allocUnsafeSlow(JOIN_BYTES);
  let used = 0;
  let written = 0;
  let syncAt = SYNC_EVERY_BYTES;
  const write = async (bytes: Uint8Array) => {
    await writeAll(file, bytes);
    written += bytes.length;
    if (written < syncAt) return;
    syncAt = written + SYNC_EVERY_BYTES;
    await file.datasync();
  };
  const flush = async () => {
    if (used > 0) await write(joined.subarray(0, used));
    used = 0;
  };
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    if (used + chunk.length > JOIN_BYTES) await flush();
    if (chunk.length >= JOIN_BYTES) await write(chunk);
    else {
      joined.set(chunk, used);
      used += chunk.length;
    }
  }
  signal?.throwIfAborted();
  await flush();
  return written;
}

/** A write may take less than it was given, for instance on a full disk. */
async function writeAll(file: Pick<FileHandle, 'write'>, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done);
    if (bytesWritten <= 0) throw Object.assign(new Error('a write took nothing'), { code: 'EIO' });
    done += bytesWritten;
  }
}

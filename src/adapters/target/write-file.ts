import type { FileHandle } from 'node:fs/promises';

/** Small chunks are joined up to this before they are written. Bytes. */
const JOIN_BYTES = 1024 * 1024;
/** Dirty data is sent to the disk this often, so that the last fsync does not take minutes. Bytes. */
const SYNC_EVERY_BYTES = 256 * 1024 * 1024;

/** Writes all chunks to an open file, in large writes. Resolves to the bytes written; does not sync the last ones. */
export async function writeChunks(
  file: Pick<FileHandle, 'write' | 'datasync'>,
  chunks: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<number> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let written = 0;
  let syncAt = SYNC_EVERY_BYTES;
  const flush = async () => {
    const bytes = pending.length === 1 ? pending[0]! : Buffer.concat(pending, pendingBytes);
    pending = [];
    pendingBytes = 0;
    await writeAll(file, bytes);
    written += bytes.length;
    if (written < syncAt) return;
    syncAt = written + SYNC_EVERY_BYTES;
    await file.datasync();
  };
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    pending.push(chunk);
    pendingBytes += chunk.length;
    if (pendingBytes >= JOIN_BYTES) await flush();
  }
  signal?.throwIfAborted();
  if (pendingBytes > 0) await flush();
  return written;
}

/** A write may take less than it was given, on a full disk for one. */
async function writeAll(file: Pick<FileHandle, 'write'>, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done);
    if (bytesWritten <= 0) throw Object.assign(new Error('a write took nothing'), { code: 'EIO' });
    done += bytesWritten;
  }
}

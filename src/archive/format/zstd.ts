import { promisify } from 'node:util';
import { constants, createZstdCompress, zstdDecompress, zstdDecompressSync } from 'node:zlib';
import { damaged } from '../runs/damage.ts';
import { SMALL_FRAME_BYTES } from './format-limits.ts';

const decompressInThread = promisify(zstdDecompress);
/** If the output memory is filled to its last byte, zlib allocates as much again and loops once more. */
const SPARE_BYTES = 64;
/** A generous form of zstd's bound for data that does not compress. */
const boundOf = (length: number): number => length + Math.ceil(length / 128) + 1024;

/** One zstd frame with zstd's own checksum of the plain bytes; runs on libuv's threads. `level`: 1 (fast) to 19. */
export function compress(plain: Uint8Array, level: number): Promise<Buffer> {
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 };
  // When zstd is told at the start that nothing follows, and has room for all output, it works on our memory without
  // copies of its own: that takes a sixth less time. `zstdCompress` tells it only at the end.
  const options = { params, flush: constants.ZSTD_e_end, chunkSize: boundOf(plain.length) };
  return new Promise((resolve, reject) => {
    const engine = createZstdCompress(options);
    const parts: Buffer[] = [];
    engine.on('data', (part: Buffer) => parts.push(part));
    engine.on('error', reject);
    engine.write(plain, () => {
      // The engine is not ended: that would add an empty frame.
      engine.destroy();
      resolve(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
    });
  });
}

/**
 * Resolves to exactly `plainBytes` bytes, or rejects with `archive.damaged`. Its memory is bounded by `plainBytes`,
 * whatever the data claim.
 */
export async function decompress(object: string, stored: Uint8Array, plainBytes: number): Promise<Buffer> {
  const options = { maxOutputLength: plainBytes, chunkSize: plainBytes + SPARE_BYTES };
  let plain: Buffer;
  try {
    plain =
      plainBytes <= SMALL_FRAME_BYTES ? zstdDecompressSync(stored, options) : await decompressInThread(stored, options);
  } catch (error) {
    throw damaged(object, 'a frame cannot be decompressed', error);
  }
  if (plain.length !== plainBytes) throw damaged(object, 'a frame has another length than it had');
  return plain;
}

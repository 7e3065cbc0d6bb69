import { createHash } from 'node:crypto';
import type { ExtentRecord } from '../../src/rbd-diff/records.ts';

const BLOCK_BYTES = 4096;
const ZEROS = Buffer.alloc(BLOCK_BYTES);

/** Offset → 4096 bytes; what is not there is zero. Blocks are never changed, only replaced. */
export type Blocks = Map<number, Uint8Array>;
/** As JSON: base64. */
export type StoredBlocks = [number, string][];

export const storedBlocks = (blocks: Blocks): StoredBlocks =>
  inOrder(blocks).map(([offset, bytes]) => [offset, Buffer.from(bytes).toString('base64')]);

export const takeStored = (stored: StoredBlocks): Blocks =>
  new Map(stored.map(([offset, text]) => [offset, Buffer.from(text, 'base64')]));

/** Of all bytes that are not zero, and their places; the size is not in it. */
export function contentHash(blocks: Blocks): string {
  const hash = createHash('sha256');
  for (const [offset, bytes] of inOrder(blocks)) hash.update(`${offset} `).update(bytes);
  return hash.digest('hex');
}

/** What `rbd export-diff` would tell of whole blocks; everything when there is no `from`. */
export function differences(to: Blocks, from: Blocks = new Map()): ExtentRecord[] {
  const offsets = [...new Set([...to.keys(), ...from.keys()])].sort((a, b) => a - b);
  return offsets.flatMap((offset): ExtentRecord[] => {
    const [now, before] = [to.get(offset), from.get(offset)];
    if (now && before && Buffer.compare(now, before) === 0) return [];
    const extent = { offset, length: BLOCK_BYTES };
    return [now ? { kind: 'data', ...extent, pieces: [Uint8Array.from(now)] } : { kind: 'zero', ...extent }];
  });
}

/** Writes one record, whose data may begin and end anywhere. */
export function takeRecord(blocks: Blocks, record: ExtentRecord): void {
  if (record.kind === 'zero' && record.length > BLOCK_BYTES) {
    for (const offset of blocks.keys())
      if (offset >= record.offset && offset + BLOCK_BYTES <= record.offset + record.length) blocks.delete(offset);
  }
  const data = record.kind === 'data' ? Buffer.concat(record.pieces) : undefined;
  const end = record.offset + record.length;
  for (let at = record.offset; at < end; ) {
    const offset = at - (at % BLOCK_BYTES);
    const until = Math.min(offset + BLOCK_BYTES, end);
    if (data || blocks.has(offset)) {
      const block = Buffer.from(blocks.get(offset) ?? ZEROS);
      if (data) data.copy(block, at - offset, at - record.offset, until - record.offset);
      else block.fill(0, at - offset, until - offset);
      if (block.equals(ZEROS)) blocks.delete(offset);
      else blocks.set(offset, block);
    }
    at = until;
  }
}

const inOrder = (blocks: Blocks): [number, Uint8Array][] => [...blocks].sort(([a], [b]) => a - b);

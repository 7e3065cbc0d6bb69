import { giveBack } from '../../domain/give-back.ts';
import type { Target } from '../../ports/target.ts';
import { type BodyRecord, parseBody } from '../../rbd-diff/body.ts';
import { DIFF_END, encodeHead } from '../../rbd-diff/writer.ts';
import { sha256, sha256Hex } from '../format/digest.ts';
import { type Extent, pushExtent, sameExtents } from '../format/extents.ts';
import type { Footer } from '../format/footer.ts';
import { type BlockPlace, type FrameEntry, indexEntries } from '../format/index-block.ts';
import { decompress } from '../format/zstd.ts';
import { asDamage, damaged } from './damage.ts';
import type { OpenRun } from './open-run.ts';
import { readRange } from './read-object.ts';

/** A checked frame: its records are sorted, lie within the disk, and match the index. */
export interface LoadedFrame {
  plain: Uint8Array;
  records: BodyRecord[];
  /** Set by a restore: bytes of `plain` before it must not be overwritten any more. */
  handedOut: number;
}

/** Where an index block and its frames lie. */
export type StoredBlock = BlockPlace & { blockAt: number };

/** Where the parts of a run lie; they follow each other without gaps. */
export function* placesOfBlocks(footer: Footer): Generator<StoredBlock, void, undefined> {
  let at = footer.head.stored_bytes;
  let firstFrame = 0;
  for (const [number, block] of footer.blocks.entries()) {
    const blockAt = at + block.frames_bytes;
    yield { framesAt: at, blockAt, number, firstFrame };
    at = blockAt + block.block_bytes;
    firstFrame += block.frames;
  }
}

/**
 * The run's frames in order. Blocks that end at or before `skipTo()` (an offset on the disk, asked again for each
 * block) are not read. Throws `archive.damaged`.
 */
export async function* frameEntries(
  target: Target,
  run: OpenRun,
  skipTo: () => number = () => 0,
): AsyncGenerator<FrameEntry, void, undefined> {
  for (const place of placesOfBlocks(run.footer)) {
    if (run.footer.blocks[place.number]!.end <= skipTo()) continue;
    yield* await blockEntries(target, run, place);
  }
}

/** The frames of one index block. Throws `archive.damaged`. */
export async function blockEntries(
  target: Target,
  run: OpenRun,
  place: StoredBlock,
): Promise<Generator<FrameEntry, void, undefined>> {
  const { object } = run.summary;
  const info = run.footer.blocks[place.number]!;
  const stored = await readRange(target, object, place.blockAt, info.block_bytes);
  return indexEntries(object, run.parts, stored, info, place);
}

/** Reads one frame and checks all of it. Rejects with `archive.damaged` or `archive.missing`. */
export async function loadFrame(target: Target, run: OpenRun, entry: FrameEntry): Promise<LoadedFrame> {
  const { object, size_bytes: sizeBytes } = run.summary;
  const stored = await readRange(target, object, entry.offset, entry.storedBytes);
  if (!sha256(stored).equals(entry.sha256)) throw damaged(object, `the frame at byte ${entry.offset} has another hash`);
  const { number, plainBytes } = entry;
  const compressed = await run.parts.openFrame({ kind: 'frame', number, plainBytes }, stored);
  if (compressed !== stored) giveBack(stored);
  const plain = await decompress(object, compressed, plainBytes);
  giveBack(compressed);
  const records = recordsOf(object, plain, { sizeBytes, firstOffset: entry.extents[0]!.start });
  const extents: Extent[] = [];
  for (const { kind, offset, length } of records) pushExtent(extents, offset, offset + length, kind === 'zero');
  if (!sameExtents(extents, entry.extents))
    throw damaged(object, `the frame at byte ${entry.offset} is not as its index says`);
  return { plain, records, handedOut: 0 };
}

/** Checks the two frames that hold the stream's metadata and its end record; resolves to their plain bytes. */
export async function checkEnds(target: Target, run: OpenRun): Promise<number> {
  const { object, from_snap, to_snap, size_bytes } = run.summary;
  const { head, end, blocks } = run.footer;
  const endAt = blocks.reduce((at, block) => at + block.frames_bytes + block.block_bytes, head.stored_bytes);
  const metadata = encodeHead({ fromSnap: from_snap, toSnap: to_snap, sizeBytes: size_bytes });
  for (const [kind, at, frame, expected] of [
    ['head', 0, head, metadata],
    ['end', endAt, end, DIFF_END],
  ] as const) {
    const stored = await readRange(target, object, at, frame.stored_bytes);
    if (sha256Hex(stored) !== frame.sha256) throw damaged(object, `the frame at byte ${at} has another hash`);
    const compressed = await run.parts.openFrame({ kind, number: 0, plainBytes: expected.length }, stored);
    const plain = await decompress(object, compressed, expected.length);
    if (!plain.equals(expected)) throw damaged(object, `the frame at byte ${at} is not as the footer says`);
  }
  return metadata.length + DIFF_END.length;
}

function recordsOf(
  object: string,
  plain: Uint8Array,
  bounds: { sizeBytes: number; firstOffset: number },
): BodyRecord[] {
  try {
    return parseBody(plain, bounds);
  } catch (error) {
    throw asDamage(object, error);
  }
}

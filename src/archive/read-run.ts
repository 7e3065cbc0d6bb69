import type { Target } from '../ports/target.ts';
import { type BodyRecord, parseBody } from '../rbd-diff/body.ts';
import { DIFF_END, encodeHead } from '../rbd-diff/writer.ts';
import { asDamage, damaged } from './damage.ts';
import { sha256, sha256Hex } from './digest.ts';
import { type Extent, pushExtent, sameExtents } from './extents.ts';
import type { Footer } from './footer.ts';
import { type FrameEntry, indexEntries } from './index-block.ts';
import type { OpenRun } from './open-run.ts';
import { readRange } from './read-object.ts';
import { decompress } from './zstd.ts';

/** A frame, checked: its records are sorted, lie within the disk, and say what the index says. */
export interface LoadedFrame {
  plain: Uint8Array;
  records: BodyRecord[];
  /** A restore's mark: bytes of `plain` before it must not be written to any more. */
  handedOut: number;
}

/** Where the parts of a run lie; they follow each other without gaps. */
export function* placesOfBlocks(footer: Footer): Generator<{ framesAt: number; blockAt: number; number: number }> {
  let at = footer.head.stored_bytes;
  for (const [number, block] of footer.blocks.entries()) {
    const blockAt = at + block.frames_bytes;
    yield { framesAt: at, blockAt, number };
    at = blockAt + block.block_bytes;
  }
}

/**
 * The run's frames in order. Blocks that end at or before `skipTo()` (an offset on the disk, asked anew for each
 * block) are not read. Throws `archive.damaged`.
 */
export async function* frameEntries(
  target: Target,
  run: OpenRun,
  skipTo: () => number = () => 0,
): AsyncGenerator<FrameEntry, void, undefined> {
  const { object } = run.summary;
  for (const { framesAt, blockAt, number } of placesOfBlocks(run.footer)) {
    const info = run.footer.blocks[number]!;
    if (info.end <= skipTo()) continue;
    const stored = await readRange(target, object, blockAt, info.block_bytes);
    yield* indexEntries(object, stored, info, framesAt);
  }
}

/** Reads one frame and checks everything about it. Rejects with `archive.damaged` or `archive.missing`. */
export async function loadFrame(target: Target, run: OpenRun, entry: FrameEntry): Promise<LoadedFrame> {
  const { object, size_bytes: sizeBytes } = run.summary;
  const stored = await readRange(target, object, entry.offset, entry.storedBytes);
  if (!(await sha256(stored)).equals(entry.sha256))
    throw damaged(object, `the frame at byte ${entry.offset} has another hash`);
  const plain = await decompress(object, stored, entry.plainBytes);
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
  for (const [at, frame, expected] of [
    [0, head, metadata],
    [endAt, end, DIFF_END],
  ] as const) {
    const stored = await readRange(target, object, at, frame.stored_bytes);
    if (sha256Hex(stored) !== frame.sha256) throw damaged(object, `the frame at byte ${at} has another hash`);
    const plain = await decompress(object, stored, expected.length);
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

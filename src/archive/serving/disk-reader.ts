import type { KeyRing } from '../../ports/keys.ts';
import type { Target } from '../../ports/target.ts';
import { SERVED_FRAMES_BYTES, SERVED_INDEX_EXTENTS } from '../format/format-limits.ts';
import type { FrameEntry } from '../format/index-block.ts';
import type { RunRef } from '../manifests/manifest.ts';
import { type DataPiece, pushPieces } from '../manifests/restore-records.ts';
import { openChain } from '../runs/chain.ts';
import { damaged } from '../runs/damage.ts';
import type { OpenRun } from '../runs/open-run.ts';
import { overlay, type Segment } from '../runs/overlay.ts';
import { blockEntries, type LoadedFrame, loadFrame, placesOfBlocks, type StoredBlock } from '../runs/read-run.ts';
import { SharedCache } from './shared-cache.ts';

/** What is held in memory for several disks together that are read at random. */
export interface ReaderCaches {
  /** Weighed by plain bytes. */
  frames: SharedCache<LoadedFrame>;
  /** Entries of index blocks, weighed by extents. */
  blocks: SharedCache<FrameEntry[]>;
}

export const readerCaches = (
  framesBytes: number = SERVED_FRAMES_BYTES,
  indexExtents: number = SERVED_INDEX_EXTENTS,
): ReaderCaches => ({ frames: new SharedCache(framesBytes), blocks: new SharedCache(indexExtents) });

interface SeekableRun {
  run: OpenRun;
  places: StoredBlock[];
  /** The disk's smallest size since this run. */
  limitBytes: number;
}

/**
 * Opens a disk of a backup for random reads. `runs`: newest first, down to the one that holds the whole disk. Rejects
 * with `archive.damaged`, `archive.missing`, and errors of the key ring or the target; so do its reads.
 */
export async function openDisk(
  target: Target,
  runs: readonly RunRef[],
  sizeBytes: number,
  { keys, caches }: { keys: KeyRing; caches: ReaderCaches },
): Promise<DiskReader> {
  const opened = await openChain(target, runs, keys);
  const newest = opened[0]!.summary;
  if (newest.size_bytes !== sizeBytes) throw damaged(newest.object, 'it belongs to a disk of another size');
  return new DiskReader(target, opened, caches);
}

/**
 * The disk as it looks after all runs, read on demand. The footers of its runs are in memory; index blocks and frames
 * are read when they are needed, and each is checked before any byte of it is given out.
 */
export class DiskReader {
  readonly sizeBytes: number;
  readonly #target: Target;
  readonly #runs: SeekableRun[] = [];
  readonly #caches: ReaderCaches;

  constructor(target: Target, runs: readonly OpenRun[], caches: ReaderCaches) {
    this.#target = target;
    this.#caches = caches;
    this.sizeBytes = runs[0]!.summary.size_bytes;
    let limitBytes = Number.POSITIVE_INFINITY;
    for (const run of runs) {
      limitBytes = Math.min(limitBytes, run.summary.size_bytes);
      this.#runs.push({ run, places: [...placesOfBlocks(run.footer)], limitBytes });
    }
  }

  /** False: all of the range reads as zeros. True: some run covers part of it. Looks only at the footers. */
  mayHold(start: number, end: number): boolean {
    return this.#runs.some((one) => blocksBetween(one, start, end).length > 0);
  }

  /** The ranges of data between two offsets, in order. Everything between them reads as zeros. */
  async *dataBetween(start: number, end: number): AsyncGenerator<Segment[], void, undefined> {
    const speaking = this.#runs.flatMap((one, run) => {
      const places = blocksBetween(one, start, end);
      return places.length === 0 ? [] : [{ ...one, number: run, places }];
    });
    const layers = speaking.map(({ run, places, limitBytes }) => ({
      entries: this.#entriesBetween(run, places, start, end),
      limitBytes,
    }));
    for await (const batch of overlay(layers, () => {}, 'left out', start)) {
      const within = batch.filter((segment) => segment.start < end);
      yield within.map((segment) => ({
        ...segment,
        run: speaking[segment.run]!.number,
        end: Math.min(segment.end, end),
      }));
      if (within.length < batch.length) return;
    }
  }

  /** The disk's content at this place, with zeros beyond its end. The memory belongs to the caller. */
  async read(offset: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    for await (const batch of this.dataBetween(offset, Math.min(offset + length, this.sizeBytes))) {
      for (const { run, entry, start, end } of batch) {
        const pieces: DataPiece[] = [];
        pushPieces(pieces, await this.#frame(run, entry), start, end);
        for (const { frame, at, length: size, offset: place } of pieces)
          bytes.set(frame.plain.subarray(at, at + size), place - offset);
      }
    }
    return bytes;
  }

  async *#entriesBetween(
    run: OpenRun,
    places: readonly StoredBlock[],
    start: number,
    end: number,
  ): AsyncGenerator<FrameEntry, void, undefined> {
    for (const place of places) {
      for (const entry of await this.#block(run, place)) {
        if (entry.extents[0]!.start >= end) return;
        if (entry.extents.at(-1)!.end > start) yield entry;
      }
    }
  }

  #block(run: OpenRun, place: StoredBlock): Promise<FrameEntry[]> {
    const { extents } = run.footer.blocks[place.number]!;
    const load = async () => [...(await blockEntries(this.#target, run, place))];
    return this.#caches.blocks.get(keyOf(run, place.blockAt), extents, load);
  }

  #frame(number: number, entry: FrameEntry): Promise<LoadedFrame> {
    const { run } = this.#runs[number]!;
    const load = () => loadFrame(this.#target, run, entry);
    return this.#caches.frames.get(keyOf(run, entry.offset), entry.plainBytes, load);
  }
}

/** Keyed by hash, because objects of the same name may lie on two targets. */
const keyOf = ({ summary }: OpenRun, at: number): string => `${summary.footer_sha256}@${at}`;

/** Index blocks of the run that cover something between two offsets; they are sorted and do not overlap. */
function blocksBetween({ run, places, limitBytes }: SeekableRun, start: number, end: number): StoredBlock[] {
  const { blocks } = run.footer;
  let low = 0;
  let high = blocks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (blocks[middle]!.end <= start) low = middle + 1;
    else high = middle;
  }
  let after = low;
  while (after < blocks.length && blocks[after]!.first < Math.min(end, limitBytes)) after += 1;
  return places.slice(low, after);
}

import type { Extent } from '../format/extents.ts';
import type { FrameEntry } from '../format/index-block.ts';

/** A piece of the disk as it looks after all runs: the newest run that says something about it has the word. */
export interface Segment {
  /** Number of the run, 0 being the newest. */
  run: number;
  entry: FrameEntry;
  start: number;
  end: number;
  /** It reads as zeros: nothing of the frame is needed. */
  zero: boolean;
  /** Data, and no segment before it is of this frame. */
  opensFrame: boolean;
}

/** The frames of one run, and how much of the disk it may speak about. */
export interface Layer {
  entries: AsyncIterator<FrameEntry>;
  /** The disk's smallest size since this run: what lay beyond was cut off, and is zeros if the disk grew again. */
  limitBytes: number;
}

/** Segments are handed out in batches of this many, as each hand-over costs; and of this many new frames. */
const MAX_BATCH_SEGMENTS = 128;
const MAX_BATCH_FRAMES = 2;

/** Where one layer stands: at the first of its extents that ends after the position. */
class Cursor {
  readonly #layer: Layer;
  #entry: FrameEntry | undefined;
  #at = 0;
  #ended = false;
  #shown: FrameEntry | undefined;

  constructor(layer: Layer) {
    this.#layer = layer;
  }

  get extent(): Extent {
    return this.#entry!.extents[this.#at]!;
  }

  /** Whether the present extent lies before `position`, so that `advance` has work. */
  isBehind(position: number): boolean {
    return !this.#ended && (this.#entry === undefined || this.extent.end <= position);
  }

  /** Whether the layer has nothing more to say from `position` on. */
  isDone(position: number): boolean {
    return this.#ended || position >= this.#layer.limitBytes;
  }

  async advance(position: number): Promise<void> {
    while (this.isBehind(position)) {
      if (this.#entry !== undefined && this.#entry.extents.at(-1)!.end > position) {
        while (this.extent.end <= position) this.#at += 1;
      } else {
        const next = await this.#layer.entries.next();
        this.#at = 0;
        this.#entry = next.done ? undefined : next.value;
        this.#ended = next.done === true;
      }
    }
    if (!this.#ended && this.extent.start >= this.#layer.limitBytes) this.#ended = true;
  }

  /** What is seen of the present extent, from `start` to `upTo` at most. */
  show(run: number, start: number, upTo: number): Segment {
    const entry = this.#entry!;
    const { zero } = this.extent;
    const opensFrame = !zero && entry !== this.#shown;
    if (!zero) this.#shown = entry;
    return { run, entry, start, end: Math.min(this.extent.end, this.#layer.limitBytes, upTo), zero, opensFrame };
  }
}

/**
 * Lays sorted runs over each other, newest first, and yields what of their data is seen, in order and without
 * overlaps. Ranges of zeros hide what is older; they are yielded only where `zeros` says so, as a new image reads as
 * zeros by itself. `onPosition` hears how far the plan is, so that older runs can skip what is decided already. `from`:
 * where on the disk it begins; layers need not know anything before it.
 */
export async function* overlay(
  layers: readonly Layer[],
  onPosition: (offset: number) => void,
  zeros: 'left out' | 'kept',
  from = 0,
): AsyncGenerator<Segment[], void, undefined> {
  const cursors = layers.map((layer) => new Cursor(layer));
  let batch: Segment[] = [];
  let frames = 0;
  let position = from;
  for (;;) {
    // Newer layers that begin later end what an older one may show.
    let nextStart = Number.POSITIVE_INFINITY;
    let seen = -1;
    for (let run = 0; run < cursors.length; run += 1) {
      const cursor = cursors[run]!;
      if (cursor.isBehind(position)) await cursor.advance(position);
      if (cursor.isDone(position)) continue;
      const { start } = cursor.extent;
      if (start <= position) {
        seen = run;
        break;
      }
      nextStart = Math.min(nextStart, start);
    }
    if (seen < 0 && nextStart === Number.POSITIVE_INFINITY) break;
    if (seen < 0) position = nextStart;
    else {
      const segment = cursors[seen]!.show(seen, position, nextStart);
      position = segment.end;
      if (!segment.zero || zeros === 'kept') {
        batch.push(segment);
        if (segment.opensFrame) frames += 1;
      }
    }
    onPosition(position);
    if (batch.length < MAX_BATCH_SEGMENTS && frames < MAX_BATCH_FRAMES) continue;
    yield batch;
    batch = [];
    frames = 0;
  }
  if (batch.length > 0) yield batch;
}

import type { Extent } from '../format/extents.ts';
import type { FrameEntry } from '../format/index-block.ts';

/** A piece of the disk as it looks after all runs: the newest run that covers an offset wins. */
export interface Segment {
  /** Number of the run; 0 is the newest. */
  run: number;
  entry: FrameEntry;
  start: number;
  end: number;
  /** True: it reads as zeros, and nothing of the frame is needed. */
  zero: boolean;
  /** True: it is data, and no earlier segment is of this frame. */
  opensFrame: boolean;
}

/** The frames of one run, and how much of the disk they may cover. */
export interface Layer {
  entries: AsyncIterator<FrameEntry>;
  /**
   * The disk's smallest size since this run: what lay beyond was cut off, and reads as zeros if the disk grew again.
   */
  limitBytes: number;
}

/**
 * Segments are handed out in batches, because each hand-over has a cost: at most this many segments, and this many new
 * frames.
 */
const MAX_BATCH_SEGMENTS = 128;
const MAX_BATCH_FRAMES = 2;

/** The position in one layer: the first of its extents that ends after the overall position. */
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

  /** Whether the current extent lies before `position`, so that `advance` has work. */
  isBehind(position: number): boolean {
    return !this.#ended && (this.#entry === undefined || this.extent.end <= position);
  }

  /** Whether the layer covers nothing from `position` on. */
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

  /** The visible part of the current extent, from `start` to `upTo` at most. */
  show(run: number, start: number, upTo: number): Segment {
    const entry = this.#entry!;
    const { zero } = this.extent;
    const opensFrame = !zero && entry !== this.#shown;
    if (!zero) this.#shown = entry;
    return { run, entry, start, end: Math.min(this.extent.end, this.#layer.limitBytes, upTo), zero, opensFrame };
  }
}

/**
 * Overlays sorted runs, newest first, and yields what is visible of their data, in order and without overlaps. Ranges
 * of zeros hide older data; they are yielded only where `zeros` says so, because a new image reads as zeros anyway.
 * `onPosition` is called with the position that the plan has reached, so that older runs can skip what is decided
 * already. `from`: where on the disk it begins; layers need not cover anything before it.
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
    // Newer layers that begin later limit what an older one may show.
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

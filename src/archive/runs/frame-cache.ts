import type { FrameEntry } from '../format/index-block.ts';
import type { LoadedFrame } from './read-run.ts';

interface Held {
  frame: Promise<LoadedFrame>;
  /** Set once it is there. */
  loaded: LoadedFrame | undefined;
}

/**
 * The frames a restore holds at a time: those it stands in and those read ahead. Each is read once, unless so many
 * overlap at one place that they would not fit; then the one whose next record lies farthest ahead is dropped.
 */
export class FrameCache {
  readonly #held = new Map<FrameEntry, Held>();
  readonly #load: (run: number, entry: FrameEntry) => Promise<LoadedFrame>;
  readonly #maxBytes: number;
  readonly #onDrop: (frame: LoadedFrame) => void;
  #bytes = 0;
  /** Nothing was added since it was last trimmed. */
  #trimmed = true;
  /** Frames that were read, counting again those that were read again. */
  loads = 0;

  /**
   * `maxBytes`: plain bytes to hold at most, the frame in use and those read ahead apart. `onDrop` hears of each frame
   * that is not held any more; records taken from it may still be on their way.
   */
  constructor(
    load: (run: number, entry: FrameEntry) => Promise<LoadedFrame>,
    maxBytes: number,
    onDrop: (frame: LoadedFrame) => void = () => {},
  ) {
    this.#load = load;
    this.#maxBytes = maxBytes;
    this.#onDrop = onDrop;
  }

  /** Starts reading a frame, unless it is there or under way. Its error shows when it is asked for. */
  request(run: number, entry: FrameEntry): void {
    if (!this.#held.has(entry)) this.#start(run, entry);
  }

  get(run: number, entry: FrameEntry): Promise<LoadedFrame> | LoadedFrame {
    const held = this.#held.get(entry) ?? this.#start(run, entry);
    return held.loaded ?? held.frame;
  }

  /** Forgets what lies before `position` on the disk, and what is too much. `inUse` stays. */
  trim(position: number, inUse: FrameEntry): void {
    if (this.#trimmed) return;
    this.#trimmed = true;
    for (const entry of this.#held.keys()) {
      if (entry !== inUse && entry.extents.at(-1)!.end <= position) this.#drop(entry);
    }
    while (this.#bytes > this.#maxBytes) {
      const farthest = this.#farthest(position, inUse);
      if (farthest === undefined) return;
      this.#drop(farthest);
    }
  }

  #start(run: number, entry: FrameEntry): Held {
    const held: Held = { frame: this.#load(run, entry), loaded: undefined };
    held.frame.then(
      (frame) => {
        held.loaded = frame;
      },
      () => undefined,
    );
    this.#held.set(entry, held);
    this.#bytes += entry.plainBytes;
    this.#trimmed = false;
    this.loads += 1;
    return held;
  }

  #drop(entry: FrameEntry): void {
    const held = this.#held.get(entry);
    if (!held) return;
    this.#held.delete(entry);
    this.#bytes -= entry.plainBytes;
    if (held.loaded) this.#onDrop(held.loaded);
  }

  /** Only frames that are there: dropping one under way would save nothing. */
  #farthest(position: number, inUse: FrameEntry): FrameEntry | undefined {
    let farthest: FrameEntry | undefined;
    let distance = -1;
    for (const [entry, held] of this.#held) {
      if (entry === inUse || held.loaded === undefined) continue;
      const next = entry.extents.find((extent) => extent.end > position)?.start ?? Number.POSITIVE_INFINITY;
      if (next > distance) {
        farthest = entry;
        distance = next;
      }
    }
    return farthest;
  }
}

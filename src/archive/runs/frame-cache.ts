import type { FrameEntry } from '../format/index-block.ts';
import type { LoadedFrame } from './read-run.ts';

interface Held {
  frame: Promise<LoadedFrame>;
  /** Set once it is loaded. */
  loaded: LoadedFrame | undefined;
}

/**
 * The frames that a restore holds at a time: those that it is reading from and those read ahead. Each is read once,
 * unless so many overlap at one place that they would not fit; then the one whose next record lies farthest ahead is
 * dropped.
 */
export class FrameCache {
  readonly #held = new Map<FrameEntry, Held>();
  readonly #load: (run: number, entry: FrameEntry) => Promise<LoadedFrame>;
  readonly #maxBytes: number;
  readonly #onDrop: (frame: LoadedFrame) => void;
  #bytes = 0;
  /** True: nothing was added since the last trim. */
  #trimmed = true;
  /** Number of frames that were read, including those that were read again. */
  loads = 0;

  /**
   * `maxBytes`: plain bytes to hold at most, besides the frame in use and those read ahead. `onDrop` is called with
   * each frame that is no longer held; records taken from it may still be on their way.
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

  /** Starts reading a frame, unless it is held or being read already. An error appears when the frame is asked for. */
  request(run: number, entry: FrameEntry): void {
    if (!this.#held.has(entry)) this.#start(run, entry);
  }

  get(run: number, entry: FrameEntry): Promise<LoadedFrame> | LoadedFrame {
    const held = this.#held.get(entry) ?? this.#start(run, entry);
    return held.loaded ?? held.frame;
  }

  /** Drops frames that lie before `position` on the disk, and those that exceed the limit. `inUse` stays. */
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

  /** Considers only frames that are loaded: dropping one that is being read would save nothing. */
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

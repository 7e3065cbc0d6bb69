/** Chunks that were used up are dropped once there are this many of them. */
const COMPACT_AFTER_CHUNKS = 1024;

/**
 * The bytes of a stream, taken in the lengths that the reader wants. Holds what was asked for plus at most one chunk,
 * so its memory is bounded by its reader. Hands out views of the chunks: nothing is copied except what straddles two of
 * them.
 */
export class ByteQueue {
  readonly #source: AsyncIterator<Uint8Array>;
  #chunks: Uint8Array[] = [];
  #head = 0;
  /** Number of bytes of the first chunk that were taken. */
  #taken = 0;
  #ended = false;
  #size = 0;
  #passed = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Number of bytes at hand. */
  get size(): number {
    return this.#size;
  }

  /** Number of bytes taken so far. */
  get passed(): number {
    return this.#passed;
  }

  /** Reads on until `length` bytes are at hand; false when the stream ended before. */
  async fill(length: number): Promise<boolean> {
    while (this.#size < length && !this.#ended) {
      const next = await this.#source.next();
      if (next.done) this.#ended = true;
      else if (next.value.length > 0) {
        this.#chunks.push(next.value);
        this.#size += next.value.length;
      }
    }
    return this.#size >= length;
  }

  /** The next `length` bytes in one piece; they must be at hand. Meant for small lengths. */
  take(length: number): Uint8Array {
    const pieces = this.takePieces(length);
    if (pieces.length === 1) return pieces[0]!;
    const whole = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  /** The next `length` bytes as views of the chunks they came in; they must be at hand. */
  takePieces(length: number): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let missing = length;
    while (missing > 0) {
      const chunk = this.#chunks[this.#head]!;
      const available = chunk.length - this.#taken;
      const used = Math.min(available, missing);
      pieces.push(used === chunk.length ? chunk : chunk.subarray(this.#taken, this.#taken + used));
      missing -= used;
      if (used < available) this.#taken += used;
      else this.#dropFirstChunk();
    }
    this.#size -= length;
    this.#passed += length;
    return pieces;
  }

  /** Tells the source that no more is wanted. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#source.return?.();
  }

  #dropFirstChunk(): void {
    this.#taken = 0;
    this.#head += 1;
    if (this.#head === this.#chunks.length || this.#head >= COMPACT_AFTER_CHUNKS) {
      this.#chunks = this.#chunks.slice(this.#head);
      this.#head = 0;
    }
  }
}

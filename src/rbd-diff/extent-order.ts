import { malformed } from './malformed.ts';

/**
 * Requires extents that come in order, do not touch the same byte twice, and lie within the image: rbd accepts whatever
 * it is fed, so this is the only guard.
 */
export class ExtentOrder {
  readonly #sizeBytes: number;
  #end: number;

  /** `firstOffset`: no extent may start before it. In bytes, like all numbers here. */
  constructor(sizeBytes: number, firstOffset = 0) {
    this.#sizeBytes = sizeBytes;
    this.#end = firstOffset;
  }

  /** Throws `diff.malformed`. */
  accept(offset: number, length: number): void {
    if (length <= 0) throw malformed('an extent is empty');
    if (offset < this.#end) throw malformed('extents overlap or are out of order');
    // Both are at most 2^53 - 1, so the difference is exact where the sum might not be.
    if (offset > this.#sizeBytes || length > this.#sizeBytes - offset)
      throw malformed('an extent lies outside the image');
    this.#end = offset + length;
  }
}

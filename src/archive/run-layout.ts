import type { DiffHead } from '../rbd-diff/records.ts';
import { sha256Hex } from './digest.ts';
import { encodeFooter, encodeTrailer, type Footer, RUN_FORMAT } from './footer.ts';
import { IndexBlockBuilder } from './index-block.ts';
import type { PlainFrame } from './plain-frame.ts';
import type { RunSummary } from './run-summary.ts';

export interface CompressedFrame {
  /** Its buffer may be used again by now: only the sums count. */
  frame: PlainFrame;
  plainBytes: number;
  stored: Uint8Array;
  /** Of `stored`. */
  sha256: Uint8Array;
}

/** Keeps the books of a run that is being written: what lies where, and the sums. Bytes go out in this order. */
export class RunLayout {
  readonly #footer: Footer;
  readonly #block = new IndexBlockBuilder();
  #written = 0;

  constructor(head: DiffHead) {
    const none = { stored_bytes: 0, sha256: '' };
    this.#footer = {
      format: RUN_FORMAT,
      from_snap: head.fromSnap,
      to_snap: head.toSnap,
      size_bytes: head.sizeBytes,
      plain_bytes: 0,
      changed_bytes: 0,
      zero_bytes: 0,
      frames: 0,
      extents: 0,
      head: none,
      blocks: [],
      end: none,
    };
  }

  /** Plain bytes so far. */
  get plainBytes(): number {
    return this.#footer.plain_bytes;
  }

  head(stored: Uint8Array, plainBytes: number): Uint8Array {
    this.#footer.head = { stored_bytes: stored.length, sha256: sha256Hex(stored) };
    return this.#count(stored, plainBytes);
  }

  /** Returns the chunks to write: the frame, and the index block it completed. */
  frame({ stored, sha256, frame, plainBytes }: CompressedFrame): Uint8Array[] {
    this.#footer.frames += 1;
    this.#footer.extents += frame.extents.length;
    this.#footer.changed_bytes += frame.dataBytes;
    this.#footer.zero_bytes += frame.zeroBytes;
    this.#block.add({ storedBytes: stored.length, plainBytes, sha256, extents: frame.extents });
    const chunks = [this.#count(stored, plainBytes)];
    if (this.#block.isFull) chunks.push(this.#finishBlock());
    return chunks;
  }

  /** Chunks after the last frame and before the end frame. */
  lastBlock(): Uint8Array[] {
    return this.#block.isEmpty ? [] : [this.#finishBlock()];
  }

  end(stored: Uint8Array, plainBytes: number): Uint8Array {
    this.#footer.end = { stored_bytes: stored.length, sha256: sha256Hex(stored) };
    return this.#count(stored, plainBytes);
  }

  /** Footer and trailer, in one chunk, and what there is to know about the run. */
  finish(object: string): { chunk: Uint8Array; summary: RunSummary } {
    const stored = encodeFooter(this.#footer);
    const chunk = Buffer.concat([stored, encodeTrailer(this.#written, stored)]);
    this.#count(chunk, 0);
    const { format: _format, head: _head, blocks: _blocks, end: _end, ...sums } = this.#footer;
    return { chunk, summary: { object, footer_sha256: sha256Hex(stored), stored_bytes: this.#written, ...sums } };
  }

  #finishBlock(): Uint8Array {
    const { stored, info } = this.#block.finish();
    this.#footer.blocks.push(info);
    return this.#count(stored, 0);
  }

  #count(stored: Uint8Array, plainBytes: number): Uint8Array {
    this.#written += stored.length;
    this.#footer.plain_bytes += plainBytes;
    return stored;
  }
}

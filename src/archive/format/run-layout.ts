import type { DiffHead } from '../../rbd-diff/records.ts';
import { encodeFooter, encodeTrailer, type Footer } from './footer.ts';
import { IndexBlockBuilder } from './index-block.ts';
import type { PlainFrame } from './plain-frame.ts';
import type { RunParts, StoredPart } from './run-parts.ts';
import type { RunSummary } from './run-summary.ts';

export interface SealedFrame {
  /** Its buffer may be in use again by now: only the sums may be read. */
  frame: PlainFrame;
  plainBytes: number;
  stored: StoredPart;
}

/** Keeps account of a run while it is written: where everything lies, and the sums. Bytes must go out in this order. */
export class RunLayout {
  readonly #footer: Footer;
  readonly #parts: RunParts;
  readonly #block = new IndexBlockBuilder();
  #written = 0;

  constructor(head: DiffHead, parts: RunParts) {
    this.#parts = parts;
    const none = { stored_bytes: 0, sha256: '' };
    this.#footer = {
      format: parts.format,
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

  /** The number of plain bytes so far. */
  get plainBytes(): number {
    return this.#footer.plain_bytes;
  }

  head(stored: StoredPart, plainBytes: number): Uint8Array[] {
    this.#footer.head = smallFrame(stored);
    return this.#count(stored, plainBytes);
  }

  /** Returns the chunks to write: the frame, and the index block if the frame completed one. */
  frame({ stored, frame, plainBytes }: SealedFrame): Uint8Array[] {
    this.#footer.frames += 1;
    this.#footer.extents += frame.extents.length;
    this.#footer.changed_bytes += frame.dataBytes;
    this.#footer.zero_bytes += frame.zeroBytes;
    this.#block.add({ storedBytes: stored.bytes, plainBytes, sha256: stored.sha256, extents: frame.extents });
    const chunks = this.#count(stored, plainBytes);
    if (this.#block.isFull) chunks.push(...this.#finishBlock());
    return chunks;
  }

  /** Returns the chunks that stand between the last frame and the end frame. */
  lastBlock(): Uint8Array[] {
    return this.#block.isEmpty ? [] : this.#finishBlock();
  }

  end(stored: StoredPart, plainBytes: number): Uint8Array[] {
    this.#footer.end = smallFrame(stored);
    return this.#count(stored, plainBytes);
  }

  /** Footer and trailer in one chunk, and the summary of the run. */
  finish(object: string): { chunk: Uint8Array; summary: RunSummary } {
    const stored = encodeFooter(this.#footer, this.#parts);
    const chunk = Buffer.concat([...stored.chunks, encodeTrailer(this.#parts.format, this.#written, stored)]);
    this.#written += chunk.length;
    const { format: _format, head: _head, blocks: _blocks, end: _end, ...sums } = this.#footer;
    const summary = { object, footer_sha256: stored.sha256.toString('hex'), stored_bytes: this.#written, ...sums };
    return { chunk, summary };
  }

  #finishBlock(): Uint8Array[] {
    const number = this.#footer.blocks.length;
    const { stored, info } = this.#block.finish((payload) => this.#parts.sealTable({ kind: 'index', number }, payload));
    this.#footer.blocks.push(info);
    return this.#count(stored, 0);
  }

  #count(stored: StoredPart, plainBytes: number): Uint8Array[] {
    this.#written += stored.bytes;
    this.#footer.plain_bytes += plainBytes;
    return [...stored.chunks];
  }
}

const smallFrame = ({ bytes, sha256 }: StoredPart) => ({ stored_bytes: bytes, sha256: sha256.toString('hex') });

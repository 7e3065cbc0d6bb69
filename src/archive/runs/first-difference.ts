import type { ExtentRecord } from '../../rbd-diff/records.ts';

/**
 * The first place where two whole disks differ, by the records that make them; undefined: they do not. Ranges that a
 * stream does not mention, or calls zeros, are zeros: one stream may write them as data, the other leave them out.
 * Holds one record of each.
 */
export async function firstDifference(
  one: AsyncIterable<ExtentRecord>,
  other: AsyncIterable<ExtentRecord>,
): Promise<number | undefined> {
  const [a, b] = [new Cursor(one), new Cursor(other)];
  try {
    for (;;) {
      const [left, right] = [await a.peek(), await b.peek()];
      if (!left && !right) return undefined;
      const [first, second, ahead] =
        right === undefined || (left && left.offset <= right.offset) ? [left!, right, a] : [right, left, b];
      if (second === undefined || second.offset > first.offset) {
        const alone = first.bytes.subarray(0, second && second.offset - first.offset);
        const at = alone.findIndex((byte) => byte !== 0);
        if (at >= 0) return first.offset + at;
        ahead.take(alone.length);
        continue;
      }
      const length = Math.min(first.bytes.length, second.bytes.length);
      const [x, y] = [first.bytes.subarray(0, length), second.bytes.subarray(0, length)];
      if (Buffer.compare(x, y) !== 0) return first.offset + x.findIndex((byte, n) => byte !== y[n]);
      a.take(length);
      b.take(length);
    }
  } finally {
    await Promise.all([a.close(), b.close()]);
  }
}

interface Piece {
  offset: number;
  bytes: Uint8Array;
}

/** The data of a stream, piece by piece. */
class Cursor {
  readonly #records: AsyncIterator<ExtentRecord>;
  #pieces: Piece[] = [];

  constructor(records: AsyncIterable<ExtentRecord>) {
    this.#records = records[Symbol.asyncIterator]();
  }

  async peek(): Promise<Piece | undefined> {
    while (this.#pieces.length === 0) {
      const next = await this.#records.next();
      if (next.done) return undefined;
      if (next.value.kind === 'zero') continue;
      let { offset } = next.value;
      for (const bytes of next.value.pieces) {
        if (bytes.length > 0) this.#pieces.push({ offset, bytes });
        offset += bytes.length;
      }
    }
    return this.#pieces[0];
  }

  take(length: number): void {
    const piece = this.#pieces[0]!;
    if (length >= piece.bytes.length) this.#pieces.shift();
    else this.#pieces[0] = { offset: piece.offset + length, bytes: piece.bytes.subarray(length) };
  }

  async close(): Promise<void> {
    await this.#records.return?.();
  }
}

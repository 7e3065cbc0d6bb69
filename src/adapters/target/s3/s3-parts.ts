/** S3 accepts 10 000 parts of one object. */
export const MAX_PARTS = 10_000;
/** After this many parts of one size, the size doubles: 20 GiB in parts of 16 MiB, 5 TiB in all. */
const PARTS_OF_A_SIZE = 1_250;

export interface Part {
  /** Counts from 1. */
  number: number;
  /** In memory of its own. */
  bytes: Buffer;
  /** True: nothing follows. */
  last: boolean;
}

export const partLength = (number: number, first: number): number =>
  first * 2 ** Math.floor((number - 1) / PARTS_OF_A_SIZE);

/**
 * Cuts data into parts; there is at least one. A chunk is copied before the next is asked for. A part is handed out
 * once it is known whether another follows.
 */
export async function* inParts(
  data: AsyncIterable<Uint8Array>,
  firstLength: number,
  signal?: AbortSignal,
): AsyncGenerator<Part, void, undefined> {
  let number = 1;
  let bytes = Buffer.allocUnsafeSlow(partLength(number, firstLength));
  let used = 0;
  for await (const chunk of data) {
    signal?.throwIfAborted();
    for (let at = 0; at < chunk.length; ) {
      if (used === bytes.length) {
        yield { number, bytes, last: false };
        number += 1;
        bytes = Buffer.allocUnsafeSlow(partLength(number, firstLength));
        used = 0;
      }
      const piece = chunk.subarray(at, at + bytes.length - used);
      bytes.set(piece, used);
      used += piece.length;
      at += piece.length;
    }
  }
  signal?.throwIfAborted();
  yield { number, bytes: bytes.subarray(0, used), last: true };
}

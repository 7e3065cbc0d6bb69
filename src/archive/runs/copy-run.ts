import { giveBack } from '../../domain/give-back.ts';
import type { Target } from '../../ports/target.ts';
import { COPY_PIECE_BYTES, COPY_PIECES_AHEAD } from '../format/format-limits.ts';
import { inOrder } from '../format/in-order.ts';
import type { RunRef } from '../manifests/manifest.ts';
import { readRange } from './read-object.ts';

/**
 * Yields a run byte by byte for another target, where it gets the same name, because its encrypted parts authenticate
 * that name. What arrives there is not checked here.
 */
export async function* runBytes(from: Target, { object, stored_bytes: length }: RunRef): AsyncGenerator<Uint8Array> {
  async function* places() {
    for (let at = 0; at < length; at += COPY_PIECE_BYTES) yield at;
  }
  const read = (at: number) => readRange(from, object, at, Math.min(COPY_PIECE_BYTES, length - at));
  for await (const piece of inOrder(places(), read, COPY_PIECES_AHEAD)) {
    yield piece;
    giveBack(piece);
  }
}

import type { DiffOutput } from '../../../../src/ports/ceph.ts';
import type { DiffHead, ExtentRecord } from '../../../../src/rbd-diff/records.ts';
import { writeDiff } from '../../../../src/rbd-diff/writer.ts';

export const data = (offset: number, bytes: Uint8Array | string): ExtentRecord => {
  const piece = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  return { kind: 'data', offset, length: piece.length, pieces: [piece] };
};

export const zero = (offset: number, length: number): ExtentRecord => ({ kind: 'zero', offset, length });

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(chunks));
}

export const streamOf = (head: DiffHead, records: ExtentRecord[]): Promise<Buffer> => collect(writeDiff(head, records));

/** The bytes in chunks of these lengths, over and over; the last one may be shorter. */
export async function* chunked(bytes: Uint8Array, ...lengths: number[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? bytes.length;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

export interface FakeSource extends DiffOutput {
  killed: boolean;
}

/** What `rbd export-diff` would be: its bytes, and how it ended. */
export function sourceOf(stream: AsyncIterable<Uint8Array>, finished: Promise<void> = Promise.resolve()): FakeSource {
  finished.catch(() => undefined);
  const source: FakeSource = {
    stream,
    finished,
    killed: false,
    kill() {
      source.killed = true;
    },
  };
  return source;
}

/** Plain model of `rbd import-diff`: applies a stream's records to an image of bytes, resizing it. */
export function applyRecords(image: Uint8Array, sizeBytes: number, records: Iterable<ExtentRecord>): Uint8Array {
  const result = new Uint8Array(sizeBytes);
  result.set(image.subarray(0, sizeBytes));
  for (const record of records) {
    if (record.kind === 'zero') result.fill(0, record.offset, record.offset + record.length);
    else {
      let at = record.offset;
      for (const piece of record.pieces) {
        result.set(piece, at);
        at += piece.length;
      }
    }
  }
  return result;
}

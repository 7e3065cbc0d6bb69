import { damaged } from '../runs/damage.ts';
import { sha256 } from './digest.ts';
import { SKIPPABLE, unwrapSkippable, wrapSkippable } from './skippable.ts';

export type Frame = 'head' | 'frame' | 'end';
export type Table = 'index' | 'footer';

/** One part of a run. Each part has its own number within its kind; no two parts of a run are the same. */
interface FramePart {
  kind: Frame;
  /** Position among the parts of this kind, from 0. */
  number: number;
  /** Number of bytes that it decompresses to. */
  plainBytes: number;
}

interface TablePart {
  kind: Table;
  number: number;
}

/** A part as it goes to the target; `sha256` is the hash of all chunks together. */
export interface StoredPart {
  chunks: Uint8Array[];
  bytes: number;
  sha256: Buffer;
}

/**
 * How the parts of a run are stored: in clear, or encrypted. `open…` take stored bytes whose hash was checked, and
 * throw `archive.damaged` when they are not this part of this run.
 */
export interface RunParts {
  readonly format: 'rewind-run/1' | 'rewind-run/2';
  /** The caller gives `compressed` away. */
  sealFrame(part: FramePart, compressed: Uint8Array): Promise<StoredPart>;
  openFrame(part: FramePart, stored: Uint8Array): Promise<Uint8Array>;
  sealTable(part: TablePart, payload: Uint8Array): StoredPart;
  openTable(part: TablePart, stored: Uint8Array): Uint8Array;
}

/** A valid zstd file: the frames as they are, and the tables in skippable frames. */
export const plainParts = (object: string): RunParts => ({
  format: 'rewind-run/1',
  sealFrame: async (_part, compressed) => ({
    chunks: [compressed],
    bytes: compressed.length,
    sha256: sha256(compressed),
  }),
  openFrame: async (_part, stored) => stored,
  sealTable: ({ kind }, payload) => {
    const stored = wrapSkippable(SKIPPABLE[kind], payload);
    return { chunks: [stored], bytes: stored.length, sha256: sha256(stored) };
  },
  openTable: ({ kind }, stored) => tableOf(object, kind, stored),
});

/** The payload of a stored table. Throws `archive.damaged`. */
export function tableOf(object: string, kind: Table, stored: Uint8Array): Uint8Array {
  const payload = unwrapSkippable(SKIPPABLE[kind], stored);
  if (payload === undefined) throw damaged(object, kind === 'index' ? 'an index block is none' : 'its footer is none');
  return payload;
}

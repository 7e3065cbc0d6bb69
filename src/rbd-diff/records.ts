/**
 * The `rbd diff v1` stream, as Ceph's doc/dev/rbd-diff.rst defines it: a banner, then records with a one-byte tag, all
 * numbers little-endian. `f` and `t` carry a snapshot's name, `s` the image's size, `w` an extent with its bytes, `z`
 * an extent of zeros, `e` ends the stream.
 */
export const BANNER = 'rbd diff v1\n';

export const TAG = { from: 0x66, to: 0x74, size: 0x73, data: 0x77, zero: 0x7a, end: 0x65 } as const;

/** Bytes before the data of a `w` record, and the whole of a `z` record: tag, u64 offset, u64 length. */
export const EXTENT_HEADER_BYTES = 17;

/** The longest `w` record that is accepted: rbd sends one per object, and objects end at 32 MiB. */
export const MAX_DATA_RECORD_BYTES = 64 * 1024 * 1024;

/** A snapshot name of Rewind's is far shorter; rbd's own limit is lower too. */
export const MAX_SNAP_NAME_BYTES = 256;

export interface DiffHead {
  /** Null for a stream that holds the whole image. */
  fromSnap: string | null;
  toSnap: string;
  /** Size of the image at `toSnap`, in bytes. */
  sizeBytes: number;
}

/** `pieces` together have `length` bytes; they share memory with what was read. */
interface DataRecord {
  kind: 'data';
  offset: number;
  length: number;
  pieces: Uint8Array[];
}

interface ZeroRecord {
  kind: 'zero';
  offset: number;
  length: number;
}

export type ExtentRecord = DataRecord | ZeroRecord;

/** What is known about a stored run. All sizes in bytes. */
export interface RunSummary {
  object: string;
  /** Hash of the stored footer, lower-case hex: through it every byte of the object is authenticated. */
  footer_sha256: string;
  /** Length of the object. */
  stored_bytes: number;
  /** Length of the stock stream that it decompresses to. */
  plain_bytes: number;
  /** Bytes of data in it, without record headers. */
  changed_bytes: number;
  /** Bytes of the ranges that became zeros. */
  zero_bytes: number;
  /** Size of the disk at `to_snap`. */
  size_bytes: number;
  frames: number;
  extents: number;
  /** Null: the run holds the whole disk. */
  from_snap: string | null;
  to_snap: string;
}

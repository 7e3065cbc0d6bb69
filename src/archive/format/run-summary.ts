/** What there is to know about a stored run. All sizes in bytes. */
export interface RunSummary {
  object: string;
  /** Of the stored footer, lower-case hex: through it every byte of the object is authenticated. */
  footer_sha256: string;
  /** Length of the object. */
  stored_bytes: number;
  /** Length of the stock stream it decompresses to. */
  plain_bytes: number;
  /** Data in it, without record headers. */
  changed_bytes: number;
  /** Ranges that became zeros. */
  zero_bytes: number;
  /** Size of the disk at `to_snap`. */
  size_bytes: number;
  frames: number;
  extents: number;
  /** Null: the run holds the whole disk. */
  from_snap: string | null;
  to_snap: string;
}

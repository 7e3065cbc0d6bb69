/**
 * Where backups lie. Objects are immutable, names are never reused. Names are paths of our own grammar (`[a-z0-9._-]`
 * segments joined by `/`). Failures are RewindErrors: `target.not-writable`, `target.full`, `target.unavailable`
 * (errored), `target.not-found`, `target.exists`.
 */
export interface Target {
  /** The operator's name for it. */
  readonly name: string;
  /**
   * Writes the object so that it exists in whole or not at all, and survives a power cut once resolved. When `data`
   * throws, nothing is left. Refuses an existing name (`target.exists`). Returns the bytes written. A chunk is no
   * longer read once the next is asked for.
   */
  put(name: string, data: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<number>;
  /** Size of the object in bytes, undefined when absent. */
  size(name: string): Promise<number | undefined>;
  /** Reads exactly `length` bytes from `offset`; a shorter object is `target.truncated`. */
  read(name: string, offset: number, length: number): Promise<Uint8Array>;
  /** Names of the objects below a prefix that ends in `/`, any depth, in order of name. */
  list(prefix: string): AsyncIterable<string>;
  /** Idempotent. */
  remove(name: string): Promise<void>;
  /** Removes what killed writers left behind, if it is older than this. Returns the number removed. */
  sweepTemporary(olderThanMs: number): Promise<number>;
  /** Resolves when the target can be written and read now. */
  probe(): Promise<void>;
  /** The room on it; undefined where it does not say. */
  space(): Promise<TargetSpace | undefined>;
}

/** Bytes. */
export interface TargetSpace {
  total: number;
  free: number;
}

export interface Targets {
  /** `target.unknown` when the operator configured none of this name. */
  get(name: string): Target;
  readonly defaultName: string;
  readonly names: string[];
}

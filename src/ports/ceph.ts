import type { ImageRef } from '../domain/disk.ts';

export interface ImageInfo {
  sizeBytes: number;
  objectSizeBytes: number;
  features: string[];
  /** e.g. `object map invalid`, `fast diff invalid`: then a fast diff is not to be trusted. */
  flags: string[];
  /** The clone's parent, when it has one. */
  parent: ImageRef | null;
}

export interface SnapInfo {
  name: string;
  sizeBytes: number;
  protected: boolean;
}

/** A stream out of `rbd`: good only when it was read to its end AND `finished` resolved. */
export interface DiffOutput {
  stream: AsyncIterable<Uint8Array>;
  /** Resolves when the process ended with 0; rejects with a RewindError otherwise. Never unhandled. */
  finished: Promise<void>;
  /** Ends the process, whatever it does; safe to call at any time. */
  kill(): void;
}

/**
 * Ceph RBD through the `rbd` command. Every call has a time limit (a dead OSD makes `rbd` hang for ever): then
 * it rejects with `vm-backup.ceph.timeout` (errored, retry). Missing things: see each call. Any other refusal
 * is `vm-backup.ceph.<what>`.
 */
export interface Ceph {
  /** Undefined when there is no such image. */
  imageInfo(ref: ImageRef): Promise<ImageInfo | undefined>;
  /** Rejects with `ceph.not-found` when there is no such image. User snapshots only (no trash, no groups). */
  listSnaps(ref: ImageRef): Promise<SnapInfo[]>;
  /** Idempotent: a snap of this name that is there already is taken for ours. */
  createSnap(ref: ImageRef, snap: string): Promise<void>;
  /** Idempotent: absent snap or image is fine. Refuses protected snaps (`ceph.busy`). */
  removeSnap(ref: ImageRef, snap: string): Promise<void>;
  /** Addresses of the clients that have the image open. Empty for an image that is not there. */
  watchers(ref: ImageRef): Promise<string[]>;
  /** Idempotent when an image of this name is there already; what is left of a half made or half removed one goes. */
  createImage(ref: ImageRef, sizeBytes: number): Promise<void>;
  /** Idempotent: absent is fine. `ceph.busy` with watchers, `ceph.has-snapshots` with snaps. */
  removeImage(ref: ImageRef): Promise<void>;
  /** Not idempotent: `ceph.not-found`, `ceph.exists`. Within one pool. rbd does not refuse it on an image in use: look before. */
  renameImage(from: ImageRef, toImage: string): Promise<void>;
  /** Grows the image; a smaller size than it has is refused with `ceph.invalid`, the same size is fine. */
  growImage(ref: ImageRef, sizeBytes: number): Promise<void>;
  listImages(pool: string): Promise<string[]>;
  /** Images cloned from this snap. */
  listChildren(ref: ImageRef, snap: string): Promise<ImageRef[]>;
  /** The whole content at `snap` (parents included), or what changed since `fromSnap`. */
  exportDiff(ref: ImageRef, snap: string, fromSnap: string | undefined, signal: AbortSignal): DiffOutput;
  /**
   * Feeds one diff stream to `rbd import-diff`. Resolves when the process ended with 0, after which the
   * stream's end snap exists on the image: the natural mark that the import is complete. The stream's error,
   * the pipe's and the process's all reject.
   */
  importDiff(ref: ImageRef, diff: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
  /** e.g. `16.2.15` */
  version(): Promise<string>;
}

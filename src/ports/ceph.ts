import type { ImageRef } from '../domain/points/disk.ts';

export interface ImageInfo {
  /** Ceph's own id, which no rename changes. */
  id: string;
  sizeBytes: number;
  objectSizeBytes: number;
  features: string[];
  /** e.g. `object map invalid`, `fast diff invalid`: then a fast diff must not be trusted. */
  flags: string[];
  /** Milliseconds since 1970; not a number when Ceph does not know. */
  createdAtMs: number;
  /** The clone's parent, when it has one. */
  parent: ImageRef | null;
}

export interface SnapInfo {
  name: string;
  sizeBytes: number;
  protected: boolean;
}

interface FoundImage {
  name: string;
  /** True: Cinder moved the image there, because it cannot remove it with its snaps. */
  inTrash: boolean;
}

export interface TrashedImage {
  id: string;
  /** Its former name; another image may have that name by now. */
  name: string;
  /** Milliseconds since 1970; not a number where that is unknown without opening the image. */
  deletedAtMs: number;
}

/** A stream out of `rbd`: valid only when it was read to its end AND `finished` resolved. */
export interface DiffOutput {
  /** Chunks and their memory belong to the consumer, who may release it. */
  stream: AsyncIterable<Uint8Array>;
  /** Resolves when the process ended with 0; rejects with a RewindError otherwise. Never unhandled. */
  finished: Promise<void>;
  /** Ends the process in any state; safe to call at any time. */
  kill(): void;
}

/** One snap on each of some images, prepared so that they can be made at once. */
export interface ReadySnaps {
  /**
   * May be called once. Resolves when all snaps are made; each is made after the call. An existing snap of this name is
   * of another moment: an earlier attempt asked for it, and it came late (`ceph.exists`).
   */
  take(): Promise<void>;
  /** Closes the images, which are watched until then. Never rejects. */
  drop(): Promise<void>;
}

/** A qcow2 file that librbd reads over HTTP, wherever an image that is made from it is opened. */
interface QcowSource {
  /**
   * Secret: anyone who knows it can read the disk, so it must not appear in arguments, logs or answers of a service.
   */
  url: string;
  /** Objects of the image that are brought at the same time while it is completed. */
  objectsInParallel: number;
  /** See `createImage`. */
  like?: ImageRef;
}

/**
 * `preparing` and `aborting`: the process that did it was killed; only an abort can follow. `prepared`: the image can
 * be used. `executed`: all data have been brought.
 */
export type MigrationState = 'preparing' | 'prepared' | 'executing' | 'executed' | 'aborting' | 'error' | 'unknown';

/** Metadata that Rewind writes to an image; no tenant can. A clone inherits its parent's. */
export interface ImageMarks {
  /** Our own marks, `rewind.…`; none for an image that does not exist. */
  marks(ref: ImageRef): Promise<Record<string, string>>;
  mark(ref: ImageRef, key: string, value: string): Promise<void>;
  /** Whether anybody ever wrote to it. Rejects with `ceph.not-found`. */
  isWritten(ref: ImageRef): Promise<boolean>;
}

/**
 * Ceph RBD through the `rbd` command. Every call has a time limit (a dead OSD makes `rbd` hang for ever), after which
 * it rejects with `vm-backup.ceph.timeout` (errored, retry). For missing things see each call. Any other refusal is
 * `vm-backup.ceph.<what>`.
 */
export interface Ceph extends ImageMarks {
  /** Undefined when there is no such image. */
  imageInfo(ref: ImageRef): Promise<ImageInfo | undefined>;
  /** The image with this id, under any name and also in the pool's trash; undefined when there is none. */
  imageOfId(pool: string, id: string): Promise<FoundImage | undefined>;
  /** Rejects with `ceph.not-found` when there is no such image. User snapshots only (no trash, no groups). */
  listSnaps(ref: ImageRef): Promise<SnapInfo[]>;
  /** The same for an image that may lie in the trash. */
  listSnapsOfId(pool: string, id: string): Promise<SnapInfo[]>;
  /**
   * Former names of snaps that were removed while clones of them live: `listSnaps` does not show them, and the image
   * cannot be removed until the clones are flattened or gone. Works for an image in the trash too. `ceph.not-found`
   * like `listSnaps`.
   */
  heldSnapsOfId(pool: string, id: string): Promise<string[]>;
  /** Idempotent: an existing snap of this name is assumed to be ours. */
  createSnap(ref: ImageRef, snap: string): Promise<void>;
  /**
   * For the moment in which a server stands still: prepares everything that can be done before. Rejects with
   * `ceph.timeout` (retry) while a client that has an image open does not answer: a snap would wait for it.
   */
  readySnaps(images: readonly ImageRef[], snap: string): Promise<ReadySnaps>;
  /** Idempotent: absent snap or image is fine. Refuses protected snaps (`ceph.busy`). */
  removeSnap(ref: ImageRef, snap: string): Promise<void>;
  /** The same for an image that may lie in the trash. */
  removeSnapOfId(pool: string, id: string, snap: string): Promise<void>;
  /** Addresses of the clients that have the image open. Empty for an image that is not there. */
  watchers(ref: ImageRef): Promise<string[]>;
  /**
   * Idempotent when an image of this name exists already; the rest of a half-made or half-removed image is removed.
   * `like`: the image that it will replace, in the same pool: if that one exists, the new image gets its layout (data
   * pool, object size, stripes, features).
   */
  createImage(ref: ImageRef, sizeBytes: number, like?: ImageRef): Promise<void>;
  /** Idempotent: absent is fine. `ceph.busy` with watchers, `ceph.has-snapshots` with snaps. */
  removeImage(ref: ImageRef): Promise<void>;
  /**
   * Removes an image from the trash for good. Idempotent: absent is fine. `ceph.has-snapshots` with snaps, also with
   * those of `heldSnapsOfId`.
   */
  removeTrashed(pool: string, id: string): Promise<void>;
  /** Moves an image to the trash, under its name. Idempotent: absent is fine. `ceph.busy` with watchers. */
  trashImage(ref: ImageRef): Promise<void>;
  /**
   * Not idempotent: `ceph.not-found`, `ceph.exists`. Within one pool. rbd does not refuse this for an image in use:
   * check before.
   */
  renameImage(from: ImageRef, toImage: string): Promise<void>;
  /**
   * Restores an image from the trash under this name. Idempotent: it is fine if the image of this id has the name
   * already.
   */
  untrashImage(pool: string, id: string, toImage: string): Promise<void>;
  /**
   * Makes the image's content and size what they were at the snap. Only for images that nobody has open: rbd refuses
   * (`ceph.locked`) only from the first write of a client that has it open. If it is interrupted, it must be done
   * again.
   */
  rollback(ref: ImageRef, snap: string): Promise<void>;
  /**
   * Makes a new image, in any pool, that continues from the snap at once. Not idempotent (`ceph.exists`): nobody knows
   * whether one that a killed process made is complete. `like`: see `createImage`.
   */
  cloneSnap(ref: ImageRef, snap: string, to: ImageRef, like?: ImageRef): Promise<void>;
  /** Copies what a clone still reads from its parent; after that the clone depends on nothing. Idempotent. */
  flatten(ref: ImageRef): Promise<void>;
  /** Grows the image; a size smaller than the present one is refused with `ceph.invalid`, the same size is fine. */
  growImage(ref: ImageRef, sizeBytes: number): Promise<void>;
  listImages(pool: string): Promise<string[]>;
  /** Opens no image: the cost hardly depends on their number. */
  listTrash(pool: string): Promise<TrashedImage[]>;
  /** Images cloned from this snap. */
  listChildren(ref: ImageRef, snap: string): Promise<ImageRef[]>;
  /**
   * Images cloned from any of its snaps, including snaps that were removed since. Empty for an image that does not
   * exist.
   */
  childrenOf(ref: ImageRef): Promise<ImageRef[]>;
  /** The whole content at `snap` (parents included), or the changes since `fromSnap`. */
  exportDiff(ref: ImageRef, snap: string, fromSnap: string | undefined, signal: AbortSignal): DiffOutput;
  /**
   * Feeds one diff stream to `rbd import-diff`, and takes over the memory of its chunks. Resolves when the process
   * ended with 0, after which the stream's end snap exists on the image: it proves that the import is complete. Rejects
   * with errors of the stream, the pipe and the process.
   */
  importDiff(ref: ImageRef, diff: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
  /**
   * Makes a new image that can be used at once and reads what it does not have from `source` (RBD's live migration).
   * Until it is committed, rbd neither removes it nor moves it to the trash (`ceph.busy`). Not idempotent
   * (`ceph.exists`).
   */
  prepareMigration(ref: ImageRef, source: QcowSource): Promise<void>;
  /** Undefined: there is no such image, or it does not come from a migration, or its migration was committed. */
  migrationState(ref: ImageRef): Promise<MigrationState | undefined>;
  /**
   * Brings all data, whether the image is in use or not; a client that holds its lock does the work, and continues when
   * this process is killed. May be repeated. `onShare` is called with the part that is done, from 0 to 1.
   */
  executeMigration(ref: ImageRef, onShare: (share: number) => void, signal: AbortSignal): Promise<void>;
  /**
   * For an executed migration: from then on the image depends on nothing. `ceph.invalid` when there is nothing to
   * commit.
   */
  commitMigration(ref: ImageRef): Promise<void>;
  /** Removes the image, which nobody may have open (`ceph.busy`). Idempotent: absent is fine. */
  abortMigration(ref: ImageRef): Promise<void>;
  /** How full a pool was some seconds ago, 0 to 1. Undefined: unknown. Never rejects. */
  poolUsage(pool: string): Promise<number | undefined>;
  /** e.g. `16.2.15` */
  version(): Promise<string>;
}

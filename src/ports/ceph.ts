import type { ImageRef } from '../domain/points/disk.ts';

export interface ImageInfo {
  /** Ceph's own, which no rename changes. */
  id: string;
  sizeBytes: number;
  objectSizeBytes: number;
  features: string[];
  /** e.g. `object map invalid`, `fast diff invalid`: then a fast diff is not to be trusted. */
  flags: string[];
  /** Since 1970; not a number when Ceph does not know. */
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
  /** Cinder moves an image there that it cannot remove because of its snaps. */
  inTrash: boolean;
}

export interface TrashedImage {
  id: string;
  /** What it was called; another image may be called so by now. */
  name: string;
  /** Since 1970; not a number where nobody could tell without opening the image. */
  deletedAtMs: number;
}

/** A stream out of `rbd`: good only when it was read to its end AND `finished` resolved. */
export interface DiffOutput {
  /** Chunks and their memory belong to the taker, who may give it back. */
  stream: AsyncIterable<Uint8Array>;
  /** Resolves when the process ended with 0; rejects with a RewindError otherwise. Never unhandled. */
  finished: Promise<void>;
  /** Ends the process, whatever it does; safe to call at any time. */
  kill(): void;
}

/** One snap on each of some images, prepared so that they are made at a word. */
export interface ReadySnaps {
  /**
   * Once. Resolves when all are made, after it was called. A snap of the name that is there already is of another moment:
   * an earlier attempt asked for it, and it came late (`ceph.exists`).
   */
  take(): Promise<void>;
  /** Lets go of the images; they are watched until then. Never rejects. */
  drop(): Promise<void>;
}

/** A qcow2 file that librbd reads over HTTP, wherever an image that is made from it is opened. */
interface QcowSource {
  /** Whoever knows it can read the disk: it is in no argument, log or answer of a service. */
  url: string;
  /** Objects of the image that are brought at one time while it is completed. */
  objectsInParallel: number;
  /** As `createImage`'s. */
  like?: ImageRef;
}

/**
 * `preparing` and `aborting`: whoever was at it was killed; only an abort goes on from there. `prepared` images can be
 * used. `executed`: all data have been brought.
 */
export type MigrationState = 'preparing' | 'prepared' | 'executing' | 'executed' | 'aborting' | 'error' | 'unknown';

/** What we write beside an image's content; no tenant can. A clone takes over its parent's. */
export interface ImageMarks {
  /** Ours, `rewind.…`; none of an image that is not there. */
  marks(ref: ImageRef): Promise<Record<string, string>>;
  mark(ref: ImageRef, key: string, value: string): Promise<void>;
  /** Whether anybody ever wrote to it. Rejects with `ceph.not-found`. */
  isWritten(ref: ImageRef): Promise<boolean>;
}

/**
 * Ceph RBD through the `rbd` command. Every call has a time limit (a dead OSD makes `rbd` hang for ever): then
 * it rejects with `vm-backup.ceph.timeout` (errored, retry). Missing things: see each call. Any other refusal
 * is `vm-backup.ceph.<what>`.
 */
export interface Ceph extends ImageMarks {
  /** Undefined when there is no such image. */
  imageInfo(ref: ImageRef): Promise<ImageInfo | undefined>;
  /** The image of this id, under whatever name and also in the pool's trash; undefined when there is none. */
  imageOfId(pool: string, id: string): Promise<FoundImage | undefined>;
  /** Rejects with `ceph.not-found` when there is no such image. User snapshots only (no trash, no groups). */
  listSnaps(ref: ImageRef): Promise<SnapInfo[]>;
  /** The same for an image that may lie in the trash. */
  listSnapsOfId(pool: string, id: string): Promise<SnapInfo[]>;
  /**
   * What snaps were called that were removed while clones of them live: `listSnaps` does not show them, and the image cannot
   * be removed until the clones are flattened or gone. Also of an image in the trash. `ceph.not-found` as `listSnaps`.
   */
  heldSnapsOfId(pool: string, id: string): Promise<string[]>;
  /** Idempotent: a snap of this name that is there already is taken for ours. */
  createSnap(ref: ImageRef, snap: string): Promise<void>;
  /**
   * For the moment in which a server stands still: what can be done before is done before. Rejects with `ceph.timeout`
   * (retry) while a client that has an image open does not answer: a snap would wait for it.
   */
  readySnaps(images: readonly ImageRef[], snap: string): Promise<ReadySnaps>;
  /** Idempotent: absent snap or image is fine. Refuses protected snaps (`ceph.busy`). */
  removeSnap(ref: ImageRef, snap: string): Promise<void>;
  /** The same of an image that may lie in the trash. */
  removeSnapOfId(pool: string, id: string, snap: string): Promise<void>;
  /** Addresses of the clients that have the image open. Empty for an image that is not there. */
  watchers(ref: ImageRef): Promise<string[]>;
  /**
   * Idempotent when an image of this name is there already; what is left of a half made or half removed one goes. `like`: the
   * image in whose place it will come, of the same pool: it lies as that one does (data pool, object size, stripes, features),
   * where that one is there.
   */
  createImage(ref: ImageRef, sizeBytes: number, like?: ImageRef): Promise<void>;
  /** Idempotent: absent is fine. `ceph.busy` with watchers, `ceph.has-snapshots` with snaps. */
  removeImage(ref: ImageRef): Promise<void>;
  /**
   * Out of the trash and gone. Idempotent: absent is fine. `ceph.has-snapshots` with snaps, also with those of
   * `heldSnapsOfId`.
   */
  removeTrashed(pool: string, id: string): Promise<void>;
  /** Into the trash, under its name. Idempotent: absent is fine. `ceph.busy` with watchers. */
  trashImage(ref: ImageRef): Promise<void>;
  /** Not idempotent: `ceph.not-found`, `ceph.exists`. Within one pool. rbd does not refuse it on an image in use: look before. */
  renameImage(from: ImageRef, toImage: string): Promise<void>;
  /** Out of the trash, under this name. Idempotent: an image of this id that has the name already is fine. */
  untrashImage(pool: string, id: string, toImage: string): Promise<void>;
  /**
   * The image's content becomes what it was at the snap, and its size too. Only for images that nobody has open: rbd
   * refuses it (`ceph.locked`) not before the first write of whoever has. Broken off, it is to be done again.
   */
  rollback(ref: ImageRef, snap: string): Promise<void>;
  /**
   * A new image, in whatever pool, that goes on from the snap at once. Not idempotent (`ceph.exists`): of one that a
   * killed process made nobody knows whether it is whole. `like`: as `createImage`'s.
   */
  cloneSnap(ref: ImageRef, snap: string, to: ImageRef, like?: ImageRef): Promise<void>;
  /** Copies what a clone still reads from its parent; then it depends on nothing. Idempotent. */
  flatten(ref: ImageRef): Promise<void>;
  /** Grows the image; a smaller size than it has is refused with `ceph.invalid`, the same size is fine. */
  growImage(ref: ImageRef, sizeBytes: number): Promise<void>;
  listImages(pool: string): Promise<string[]>;
  /** Opens no image: what it costs hardly depends on how many there are. */
  listTrash(pool: string): Promise<TrashedImage[]>;
  /** Images cloned from this snap. */
  listChildren(ref: ImageRef, snap: string): Promise<ImageRef[]>;
  /** Images cloned from any snap of it, those that were removed since among them. Empty for an image that is not there. */
  childrenOf(ref: ImageRef): Promise<ImageRef[]>;
  /** The whole content at `snap` (parents included), or what changed since `fromSnap`. */
  exportDiff(ref: ImageRef, snap: string, fromSnap: string | undefined, signal: AbortSignal): DiffOutput;
  /**
   * Feeds one diff stream to `rbd import-diff`; chunks are taken with their memory. Resolves when the process ended with 0, after which the
   * stream's end snap exists on the image: the natural mark that the import is complete. The stream's error,
   * the pipe's and the process's all reject.
   */
  importDiff(ref: ImageRef, diff: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
  /**
   * A new image that can be used at once and reads what it does not have from `source` (RBD's live migration). Until it
   * is committed, rbd removes it neither nor moves it to the trash (`ceph.busy`). Not idempotent (`ceph.exists`).
   */
  prepareMigration(ref: ImageRef, source: QcowSource): Promise<void>;
  /** Undefined: there is no such image, or it does not come from a migration, or from one that was committed. */
  migrationState(ref: ImageRef): Promise<MigrationState | undefined>;
  /**
   * Brings all data, while the image is in use or not; where a client holds its lock, that client does the work, and goes
   * on when this process is killed. May be done again. `onShare` hears how much is done, from 0 to 1.
   */
  executeMigration(ref: ImageRef, onShare: (share: number) => void, signal: AbortSignal): Promise<void>;
  /** Of an executed one: from then on the image depends on nothing. `ceph.invalid` when there is nothing to commit. */
  commitMigration(ref: ImageRef): Promise<void>;
  /** Removes the image, which nobody may have open (`ceph.busy`). Idempotent: absent is fine. */
  abortMigration(ref: ImageRef): Promise<void>;
  /** How full a pool is, 0 to 1, some seconds ago. Undefined: nobody can tell. Never rejects. */
  poolUsage(pool: string): Promise<number | undefined>;
  /** e.g. `16.2.15` */
  version(): Promise<string>;
}

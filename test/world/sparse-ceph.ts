import { createHash } from 'node:crypto';
import type { ChildOf } from '../../src/domain/errors/error-catalogue.ts';
import { RewindError } from '../../src/domain/errors.ts';
import type { ImageRef } from '../../src/domain/points/disk.ts';
import type { Ceph, ImageInfo, MigrationState } from '../../src/ports/ceph.ts';
import { readDiff } from '../../src/rbd-diff/reader.ts';
import type { ExtentRecord } from '../../src/rbd-diff/records.ts';
import { writeDiff } from '../../src/rbd-diff/writer.ts';
import {
  type Blocks,
  contentHash,
  differences,
  type StoredBlocks,
  storedBlocks,
  takeRecord,
  takeStored,
} from './blocks.ts';

const refuse = (code: ChildOf<'ceph'>): RewindError => new RewindError(`ceph.${code}`, code);

interface Content {
  sizeBytes: number;
  blocks: Blocks;
}

interface SparseImage extends Content {
  pool: string;
  name: string;
  id: string;
  inTrash: boolean;
  watched: boolean;
  written: boolean;
  snaps: Map<string, Content>;
  /** Image id and snap that it reads from. */
  parent: { id: string; snap: string } | null;
  marks: Record<string, string>;
  migration: { url: string; state: MigrationState } | null;
}

/** As JSON. */
export interface StoredCeph {
  made: number;
  images: (Omit<SparseImage, 'blocks' | 'snaps'> & {
    blocks: StoredBlocks;
    snaps: [string, { sizeBytes: number; blocks: StoredBlocks }][];
  })[];
}

/** What an address gives; undefined: nothing is served there. */
type Serve = (url: string) => Promise<Content | undefined>;

/** Images with content, snaps, clones, a trash and migrations, in memory. The whole port; its state is JSON. */
export class SparseCeph {
  serve: Serve = async () => undefined;
  #images: SparseImage[] = [];
  #made = 0;

  static of({ made, images }: StoredCeph): SparseCeph {
    const ceph = new SparseCeph();
    ceph.#made = made;
    ceph.#images = images.map((image) => ({
      ...image,
      blocks: takeStored(image.blocks),
      snaps: new Map(image.snaps.map(([name, snap]) => [name, { ...snap, blocks: takeStored(snap.blocks) }])),
    }));
    return ceph;
  }

  stored(): StoredCeph {
    return {
      made: this.#made,
      images: this.#images.map((image) => ({
        ...image,
        blocks: storedBlocks(image.blocks),
        snaps: [...image.snaps].map(([name, snap]) => [name, { ...snap, blocks: storedBlocks(snap.blocks) }]),
      })),
    };
  }

  /** Names of all images that are not in the trash: `vms/…`. */
  names(): string[] {
    return this.#images.filter((one) => !one.inTrash).map((one) => `${one.pool}/${one.name}`);
  }

  /** Of the bytes that whoever opens it reads now. */
  hashOf(name: string): string {
    return contentHash(needed(this.#named(name)).blocks);
  }

  snapsOf(name: string): string[] {
    return [...(this.#named(name)?.snaps.keys() ?? [])];
  }

  /** Size and bytes, as whoever opens it has them now. */
  read(name: string): Content {
    const { sizeBytes, blocks } = needed(this.#named(name));
    return { sizeBytes, blocks: new Map(blocks) };
  }

  /** As somebody who has it open would write it. */
  write(name: string, offset: number, bytes: Uint8Array): void {
    takeRecord(needed(this.#named(name)).blocks, { kind: 'data', offset, length: bytes.length, pieces: [bytes] });
  }

  // What a cloud does to images.
  put(name: string, sizeBytes: number): void {
    const slash = name.indexOf('/');
    this.#make({ pool: name.slice(0, slash), image: name.slice(slash + 1) }, { sizeBytes, blocks: new Map() });
  }

  drop(name: string): void {
    const image = this.#named(name);
    if (!image) return;
    if (image.snaps.size > 0) Object.assign(image, { inTrash: true, watched: false });
    else this.#forget(image);
  }

  watch(name: string, watched: boolean): void {
    Object.assign(this.#named(name) ?? {}, { watched });
  }

  isMigrating(name: string): boolean {
    return (this.#named(name)?.migration ?? null) !== null;
  }

  contentOf(name: string): string {
    return this.#named(name) ? this.hashOf(name) : 'none';
  }

  readonly ceph: Ceph = {
    imageInfo: async (ref) => this.#infoOf(this.#at(ref)),
    imageOfId: async (pool, id) => {
      const image = this.#of(pool, id);
      return image && { name: image.name, inTrash: image.inTrash };
    },
    listSnaps: async (ref) => snapInfo(needed(this.#at(ref))),
    listSnapsOfId: async (pool, id) => snapInfo(needed(this.#of(pool, id))),
    heldSnapsOfId: async (pool, id) => {
      needed(this.#of(pool, id));
      return [];
    },
    createSnap: async (ref, snap) => this.#snap(needed(this.#at(ref)), snap),
    readySnaps: async (images, snap) => ({
      take: async () => {
        for (const ref of images) {
          if (needed(this.#at(ref)).snaps.has(snap)) throw refuse('exists');
          this.#snap(needed(this.#at(ref)), snap);
        }
      },
      drop: async () => undefined,
    }),
    removeSnap: async (ref, snap) => this.#unsnap(this.#at(ref), snap),
    removeSnapOfId: async (pool, id, snap) => this.#unsnap(this.#of(pool, id), snap),
    watchers: async (ref) => (this.#at(ref)?.watched ? ['192.0.2.1:0/1'] : []),
    createImage: async (ref, sizeBytes) => {
      if (!this.#at(ref)) this.#make(ref, { sizeBytes, blocks: new Map() });
    },
    removeImage: async (ref) => {
      const image = this.#at(ref);
      if (!image) return;
      if (image.watched || image.migration) throw refuse('busy');
      if (image.snaps.size > 0) throw refuse('has-snapshots');
      this.#forget(image);
    },
    removeTrashed: async (pool, id) => {
      const image = this.#of(pool, id);
      if (!image) return;
      if (image.snaps.size > 0) throw refuse('has-snapshots');
      this.#forget(image);
    },
    trashImage: async (ref) => {
      const image = this.#at(ref);
      if (image?.watched || image?.migration) throw refuse('busy');
      if (image) image.inTrash = true;
    },
    renameImage: async (from, toImage) => {
      const image = needed(this.#at(from));
      if (this.#at({ pool: from.pool, image: toImage })) throw refuse('exists');
      image.name = toImage;
    },
    untrashImage: async (pool, id, toImage) => {
      const image = needed(this.#of(pool, id));
      const taken = this.#at({ pool, image: toImage });
      if (taken && taken !== image) throw refuse('exists');
      Object.assign(image, { inTrash: false, name: toImage });
    },
    rollback: async (ref, snap) => {
      const image = needed(this.#at(ref));
      if (image.watched) throw refuse('locked');
      const { sizeBytes, blocks } = needed(image.snaps.get(snap));
      Object.assign(image, { sizeBytes, blocks: new Map(blocks), written: true });
    },
    cloneSnap: async (ref, snap, to) => {
      const image = needed(this.#at(ref));
      const content = needed(image.snaps.get(snap));
      if (this.#at(to)) throw refuse('exists');
      const clone = this.#make(to, { ...content, blocks: new Map(content.blocks) });
      Object.assign(clone, { parent: { id: image.id, snap }, marks: { ...image.marks } });
    },
    flatten: async (ref) => {
      needed(this.#at(ref)).parent = null;
    },
    growImage: async (ref, sizeBytes) => {
      const image = needed(this.#at(ref));
      if (sizeBytes < image.sizeBytes) throw refuse('invalid');
      image.sizeBytes = sizeBytes;
    },
    listImages: async (pool) => this.#images.filter((one) => one.pool === pool && !one.inTrash).map(({ name }) => name),
    listTrash: async (pool) =>
      this.#images
        .filter((one) => one.pool === pool && one.inTrash)
        .map(({ id, name }) => ({ id, name, deletedAtMs: 0 })),
    listChildren: async (ref, snap) => {
      const image = this.#at(ref);
      return this.#images.filter(({ parent }) => image && parent?.id === image.id && parent.snap === snap).map(refOf);
    },
    childrenOf: async (ref) => {
      const image = this.#at(ref);
      return this.#images.filter(({ parent }) => image && parent?.id === image.id).map(refOf);
    },
    exportDiff: (ref, snap, fromSnap) => {
      const { snaps } = needed(this.#at(ref));
      const to = needed(snaps.get(snap));
      const from = fromSnap === undefined ? undefined : needed(snaps.get(fromSnap));
      const head = { fromSnap: fromSnap ?? null, toSnap: snap, sizeBytes: to.sizeBytes };
      const stream = writeDiff(head, differences(to.blocks, from?.blocks));
      return { stream, finished: Promise.resolve(), kill: () => undefined };
    },
    importDiff: async (ref, diff) => this.#import(needed(this.#at(ref)), diff),
    prepareMigration: async (ref, { url }) => {
      if (this.#at(ref)) throw refuse('exists');
      const content = await this.serve(url);
      if (!content) throw refuse('forbidden');
      this.#make(ref, content).migration = { url, state: 'prepared' };
    },
    migrationState: async (ref) => this.#at(ref)?.migration?.state,
    executeMigration: async (ref, onShare) => {
      const image = this.#at(ref);
      if (image?.migration?.state !== 'prepared') throw refuse('invalid');
      image.migration.state = 'executed';
      onShare(1);
    },
    commitMigration: async (ref) => {
      const image = this.#at(ref);
      if (image?.migration?.state !== 'executed') throw refuse('invalid');
      image.migration = null;
    },
    abortMigration: async (ref) => {
      const image = this.#at(ref);
      if (!image?.migration) return;
      if (image.watched) throw refuse('busy');
      this.#forget(image);
    },
    marks: async (ref) => ({ ...this.#at(ref)?.marks }),
    mark: async (ref, key, value) => {
      needed(this.#at(ref)).marks[key] = value;
    },
    isWritten: async (ref) => needed(this.#at(ref)).written,
    poolUsage: async () => 0.5,
    version: async () => '16.2.15',
  };

  #at({ pool, image }: ImageRef): SparseImage | undefined {
    return this.#images.find((one) => !one.inTrash && one.pool === pool && one.name === image);
  }

  #of(pool: string, id: string): SparseImage | undefined {
    return this.#images.find((one) => one.pool === pool && one.id === id);
  }

  #named(name: string): SparseImage | undefined {
    const slash = name.indexOf('/');
    return this.#at({ pool: name.slice(0, slash), image: name.slice(slash + 1) });
  }

  #make({ pool, image: name }: ImageRef, content: Content): SparseImage {
    const id = createHash('sha256')
      .update(`${pool} ${name} ${this.#made++}`)
      .digest('hex')
      .slice(0, 12);
    const image: SparseImage = {
      ...content,
      ...{ pool, name, id, inTrash: false, watched: false, written: content.blocks.size > 0, snaps: new Map() },
      ...{ parent: null, marks: {}, migration: null },
    };
    this.#images.push(image);
    return image;
  }

  #forget(image: SparseImage): void {
    this.#images.splice(this.#images.indexOf(image), 1);
  }

  #snap({ snaps, sizeBytes, blocks }: SparseImage, snap: string): void {
    if (!snaps.has(snap)) snaps.set(snap, { sizeBytes, blocks: new Map(blocks) });
  }

  #unsnap(image: SparseImage | undefined, snap: string): void {
    if (!image) return;
    const children = this.#images.filter(({ parent }) => parent?.id === image.id && parent.snap === snap);
    if (children.length > 0) throw refuse('busy');
    image.snaps.delete(snap);
  }

  async #import(image: SparseImage, diff: AsyncIterable<Uint8Array>): Promise<void> {
    const bytes = Buffer.concat(await Array.fromAsync(diff));
    // `rbd diff v1\n`, then `t` with the length and the name of the end snap.
    const toSnap = bytes.toString('utf8', 17, 17 + bytes.readUInt32LE(13));
    const one = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes;
    };
    const { head, records } = await readDiff(one(), { fromSnap: null, toSnap });
    for await (const record of records as AsyncIterable<ExtentRecord>) takeRecord(image.blocks, record);
    Object.assign(image, { written: true, sizeBytes: head.sizeBytes });
    this.#snap(image, toSnap);
  }

  #infoOf(image: SparseImage | undefined): ImageInfo | undefined {
    if (!image) return undefined;
    const parent = image.parent && this.#images.find((one) => one.id === image.parent?.id);
    return {
      ...{ id: image.id, sizeBytes: image.sizeBytes, objectSizeBytes: 4 * 1024 * 1024, createdAtMs: 0 },
      ...{ features: image.migration ? ['migrating'] : [], flags: [], parent: parent ? refOf(parent) : null },
    };
  }
}

const refOf = ({ pool, name }: SparseImage): ImageRef => ({ pool, image: name });

const snapInfo = ({ snaps }: SparseImage) =>
  [...snaps].map(([name, { sizeBytes }]) => ({ name, sizeBytes, protected: false }));

function needed<T>(thing: T | undefined): T {
  if (thing === undefined) throw refuse('not-found');
  return thing;
}

import { type ErrorCode, RewindError } from '../../src/domain/errors.ts';
import type { ImageRef } from '../../src/domain/points/disk.ts';
import type { Ceph, MigrationState } from '../../src/ports/ceph.ts';
import type { CloudStorage } from './memory-cloud.ts';

const refuse = (code: ErrorCode) => new RewindError(code, code);

interface MemoryImage {
  id: string;
  sizeBytes: number;
  /** What was written into it last. */
  content: string;
  snaps: Set<string>;
  watched: boolean;
  /** How its data lie: the pool, the objects. */
  layout: string;
  /** It reads from there what it does not have. */
  migration?: { url: string; state: MigrationState } | undefined;
}

/** What an address gives; undefined: nothing is served there. */
type Serve = (url: string) => { content: string; sizeBytes: number } | undefined;

/** Images by name. What a diff holds is its text; its end snap appears when all of it was read. */
export class MemoryCeph implements CloudStorage {
  images = new Map<string, MemoryImage>();
  serve: Serve = () => undefined;
  #made = 0;

  /** What whoever opens it reads now. */
  contentOf(name: string): string {
    const image = this.images.get(name);
    if (image?.migration && image.migration.state !== 'executed')
      return this.serve(image.migration.url)?.content ?? 'lost';
    return image?.content ?? 'none';
  }

  put(image: string, sizeBytes: number, layout = 'as OpenStack makes it'): void {
    const id = (0xab00 + this.#made++).toString(16);
    this.images.set(image, { id, sizeBytes, content: 'blank', snaps: new Set(), watched: false, layout });
  }

  drop(image: string): void {
    this.images.delete(image);
  }

  watch(image: string, watched: boolean): void {
    const found = this.images.get(image);
    if (found) found.watched = watched;
  }

  isMigrating(image: string): boolean {
    return this.images.get(image)?.migration !== undefined;
  }

  #layoutOf = (like: ImageRef | undefined): string => (like && this.at(like)?.layout) ?? 'as our ceph.conf says';

  readonly ceph = {
    imageInfo: async (ref: ImageRef) => {
      const image = this.at(ref);
      return (
        image && { id: image.id, sizeBytes: image.sizeBytes, objectSizeBytes: 4, features: [], flags: [], parent: null }
      );
    },
    listSnaps: async (ref: ImageRef) =>
      [...(this.at(ref)?.snaps ?? [])].map((name) => ({ name, sizeBytes: 1, protected: false })),
    removeSnap: async (ref: ImageRef, snap: string) => void this.at(ref)?.snaps.delete(snap),
    imageOfId: async (pool: string, id: string) => {
      const name = this.nameOfId(pool, id);
      return name === undefined ? undefined : { name: name.slice(pool.length + 1), inTrash: false };
    },
    listSnapsOfId: async (pool: string, id: string) =>
      [...(this.images.get(this.nameOfId(pool, id) ?? '')?.snaps ?? [])].map((name) => ({
        ...{ name, sizeBytes: 1, protected: false },
      })),
    heldSnapsOfId: async () => [],
    removeSnapOfId: async (pool: string, id: string, snap: string) =>
      void this.images.get(this.nameOfId(pool, id) ?? '')?.snaps.delete(snap),
    watchers: async (ref: ImageRef) => (this.at(ref)?.watched ? ['10.0.0.1'] : []),
    createImage: async (ref: ImageRef, sizeBytes: number, like?: ImageRef) => {
      if (!this.at(ref)) this.put(nameOf(ref), sizeBytes, this.#layoutOf(like));
    },
    removeImage: async (ref: ImageRef) => {
      const image = this.at(ref);
      if (image?.watched || image?.migration) throw refuse('ceph.busy');
      if (image && image.snaps.size > 0) throw refuse('ceph.has-snapshots');
      this.images.delete(nameOf(ref));
    },
    renameImage: async (from: ImageRef, toImage: string) => {
      const image = this.at(from);
      const to = `${from.pool}/${toImage}`;
      if (!image) throw refuse('ceph.not-found');
      if (this.images.has(to)) throw refuse('ceph.exists');
      this.images.delete(nameOf(from));
      this.images.set(to, image);
    },
    growImage: async (ref: ImageRef, sizeBytes: number) => {
      const image = this.at(ref);
      if (image) image.sizeBytes = sizeBytes;
    },
    importDiff: async (ref: ImageRef, diff: AsyncIterable<Uint8Array>) => {
      const bytes = Buffer.concat(await Array.fromAsync(diff));
      const image = this.at(ref);
      if (!image) throw refuse('ceph.not-found');
      // `rbd diff v1\n`, then `t` with the length and the name of the end snap.
      const length = bytes.readUInt32LE(13);
      image.content = bytes.toString('latin1').includes('root!') ? 'root!' : 'data!';
      image.snaps.add(bytes.toString('utf8', 17, 17 + length));
    },
    prepareMigration: async (ref: ImageRef, { url, like }: { url: string; like?: ImageRef }) => {
      if (this.at(ref)) throw refuse('ceph.exists');
      const served = this.serve(url);
      if (!served) throw refuse('ceph.forbidden');
      this.put(nameOf(ref), served.sizeBytes, this.#layoutOf(like));
      Object.assign(this.at(ref) ?? {}, { migration: { url, state: 'prepared' } });
    },
    migrationState: async (ref: ImageRef) => this.at(ref)?.migration?.state,
    executeMigration: async (ref: ImageRef, onShare: (share: number) => void) => {
      const image = this.at(ref);
      if (image?.migration?.state !== 'prepared') throw refuse('ceph.invalid');
      image.content = this.contentOf(nameOf(ref));
      image.migration.state = 'executed';
      onShare(1);
    },
    commitMigration: async (ref: ImageRef) => {
      const image = this.at(ref);
      if (image?.migration?.state !== 'executed') throw refuse('ceph.invalid');
      image.migration = undefined;
    },
    abortMigration: async (ref: ImageRef) => {
      const image = this.at(ref);
      if (!image?.migration) return;
      if (image.watched) throw refuse('ceph.busy');
      this.images.delete(nameOf(ref));
    },
  } as unknown as Ceph;

  private nameOfId(pool: string, id: string): string | undefined {
    return [...this.images].find(([name, image]) => name.startsWith(`${pool}/`) && image.id === id)?.[0];
  }

  private at(ref: ImageRef): MemoryImage | undefined {
    return this.images.get(nameOf(ref));
  }
}

const nameOf = (ref: ImageRef): string => `${ref.pool}/${ref.image}`;

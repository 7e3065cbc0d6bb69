import { RewindError } from '../../src/domain/errors.ts';
import type { ImageRef } from '../../src/domain/points/disk.ts';
import type { Ceph, DiffOutput } from '../../src/ports/ceph.ts';
import type { ExtentRecord } from '../../src/rbd-diff/records.ts';
import { writeDiff } from '../../src/rbd-diff/writer.ts';

interface ContentImage {
  bytes: Uint8Array;
  snaps: Map<string, Uint8Array>;
}

const missing = () => new RewindError('ceph.not-found', 'A disk image is not there.');

/**
 * Images with content, whose differences come as `rbd export-diff` tells them: whole blocks in which something changed,
 * of whatever size the next of `grains` says (rbd's is an object with fast-diff, an extent without), data where a
 * block holds any, zeros where it was discarded since.
 */
export class ContentCeph {
  readonly images = new Map<string, ContentImage>();
  readonly #grains: readonly number[];
  #turn = 0;

  constructor(grains: readonly number[]) {
    this.#grains = grains;
  }

  put({ pool, image }: ImageRef, sizeBytes: number): void {
    this.images.set(`${pool}/${image}`, { bytes: new Uint8Array(sizeBytes), snaps: new Map() });
  }

  at({ pool, image }: ImageRef): ContentImage {
    const found = this.images.get(`${pool}/${image}`);
    if (!found) throw missing();
    return found;
  }

  readonly ceph = {
    imageInfo: async ({ pool, image }: ImageRef) => {
      const found = this.images.get(`${pool}/${image}`);
      const more = { id: 'abcd', objectSizeBytes: 4096, features: [], flags: [], parent: null };
      return found && { sizeBytes: found.bytes.length, ...more };
    },
    watchers: async () => [],
    listSnaps: async (ref: ImageRef) =>
      [...this.at(ref).snaps].map(([name, bytes]) => ({ name, sizeBytes: bytes.length, protected: false })),
    createSnap: async (ref: ImageRef, snap: string) => {
      const image = this.at(ref);
      if (!image.snaps.has(snap)) image.snaps.set(snap, image.bytes.slice());
    },
    removeSnap: async ({ pool, image }: ImageRef, snap: string) => {
      this.images.get(`${pool}/${image}`)?.snaps.delete(snap);
    },
    exportDiff: (ref: ImageRef, snap: string, fromSnap: string | undefined): DiffOutput => {
      const { snaps } = this.at(ref);
      const [to, from] = [snaps.get(snap), fromSnap === undefined ? undefined : snaps.get(fromSnap)];
      if (!to || (fromSnap !== undefined && !from)) throw missing();
      const grain = this.#grains[this.#turn++ % this.#grains.length] ?? 512;
      const head = { fromSnap: fromSnap ?? null, toSnap: snap, sizeBytes: to.length };
      return {
        stream: writeDiff(head, difference(to, from, grain)),
        finished: Promise.resolve(),
        kill: () => undefined,
      };
    },
    version: async () => '16.2.15',
  } as unknown as Ceph;
}

function difference(to: Uint8Array, from: Uint8Array | undefined, grain: number): ExtentRecord[] {
  const records: ExtentRecord[] = [];
  for (let offset = 0; offset < to.length; offset += grain) {
    const now = to.subarray(offset, Math.min(offset + grain, to.length));
    const before = from?.subarray(offset, offset + now.length) ?? new Uint8Array(0);
    if (now.every((byte, at) => byte === (before[at] ?? 0))) continue;
    const { length } = now;
    if (now.every((byte) => byte === 0)) records.push({ kind: 'zero', offset, length });
    else records.push({ kind: 'data', offset, length, pieces: [now.slice()] });
  }
  return records;
}

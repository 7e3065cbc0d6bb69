import type { DiskReader } from './disk-reader.ts';
import {
  BYTES_PER_L2,
  CLUSTER_BYTES,
  ENTRIES_PER_TABLE,
  headerCluster,
  putEntry,
  type Qcow2Layout,
  qcow2Layout,
  REFCOUNTS_PER_BLOCK,
} from './qcow2-layout.ts';

/**
 * A disk of a backup as the qcow2 file that it would be. No byte of the file exists until it is asked for: tables are
 * computed from the index of the runs, and data are read where they lie. A cluster for which no run holds data is a
 * hole.
 */
export class VirtualQcow2 {
  /** Length of the file. */
  readonly bytes: number;
  readonly #disk: DiskReader;
  readonly #layout: Qcow2Layout;

  /** `virtualBytes`: the size of the disk in the file, a multiple of 512; it has zeros beyond the backup's end. */
  constructor(disk: DiskReader, virtualBytes: number) {
    this.#disk = disk;
    this.#layout = qcow2Layout(virtualBytes);
    this.bytes = this.#layout.clusters * CLUSTER_BYTES;
  }

  /** Reads exactly these bytes, which must lie within the file. Rejects as the disk's reads do. */
  async read(offset: number, length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    const end = offset + length;
    for (let at = offset; at < end; ) {
      const cluster = Math.floor(at / CLUSTER_BYTES);
      const { dataAt } = this.#layout;
      if (cluster >= dataAt) {
        parts.push(await this.#disk.read(at - dataAt * CLUSTER_BYTES, end - at));
        break;
      }
      const from = at - cluster * CLUSTER_BYTES;
      const part = (await this.#metadata(cluster)).subarray(from, from + end - at);
      parts.push(part);
      at += part.length;
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  async #metadata(cluster: number): Promise<Buffer> {
    const layout = this.#layout;
    if (cluster >= layout.l2At) return this.#l2Table(cluster - layout.l2At);
    if (cluster >= layout.l1At) return this.#l1Tables(cluster - layout.l1At);
    if (cluster >= layout.refcountBlocksAt) return this.#refcounts(cluster - layout.refcountBlocksAt);
    if (cluster >= layout.refcountTableAt) return refcountTable(layout, cluster - layout.refcountTableAt);
    return headerCluster(layout);
  }

  /** One cluster of the L1 table. */
  #l1Tables(number: number): Buffer {
    const bytes = Buffer.alloc(CLUSTER_BYTES);
    const first = number * ENTRIES_PER_TABLE;
    const { l2Tables, l2At } = this.#layout;
    for (let table = first; table < Math.min(first + ENTRIES_PER_TABLE, l2Tables); table += 1) {
      if (this.#hasL2(table)) putEntry(bytes, table - first, l2At + table, true);
    }
    return bytes;
  }

  async #l2Table(table: number): Promise<Buffer> {
    const bytes = Buffer.alloc(CLUSTER_BYTES);
    const first = table * ENTRIES_PER_TABLE;
    const held = await this.#heldClusters(first, ENTRIES_PER_TABLE);
    for (const [index, isHeld] of held.entries()) {
      if (isHeld) putEntry(bytes, index, this.#layout.dataAt + first + index, true);
    }
    return bytes;
  }

  /** No reader needs them, but with them the file is complete. */
  async #refcounts(block: number): Promise<Buffer> {
    const bytes = Buffer.alloc(CLUSTER_BYTES);
    const { l2At, dataAt, clusters } = this.#layout;
    const first = block * REFCOUNTS_PER_BLOCK;
    const end = Math.min(first + REFCOUNTS_PER_BLOCK, clusters);
    for (let cluster = first; cluster < Math.min(end, dataAt); cluster += 1) {
      if (cluster < l2At || this.#hasL2(cluster - l2At)) bytes.writeUInt16BE(1, (cluster - first) * 2);
    }
    const data = Math.max(first, dataAt);
    if (data >= end) return bytes;
    const held = await this.#heldClusters(data - dataAt, end - data);
    for (const [index, isHeld] of held.entries()) bytes.writeUInt16BE(isHeld, (data - first + index) * 2);
    return bytes;
  }

  #hasL2(table: number): boolean {
    return this.#disk.mayHold(table * BYTES_PER_L2, (table + 1) * BYTES_PER_L2);
  }

  /** For each cluster of the disk: 1 if some of it is data. */
  async #heldClusters(first: number, count: number): Promise<Uint8Array> {
    const held = new Uint8Array(count);
    const start = first * CLUSTER_BYTES;
    const end = Math.min(start + count * CLUSTER_BYTES, this.#disk.sizeBytes);
    for await (const batch of this.#disk.dataBetween(start, end)) {
      for (const segment of batch) {
        const from = Math.floor((segment.start - start) / CLUSTER_BYTES);
        held.fill(1, from, Math.ceil((segment.end - start) / CLUSTER_BYTES));
      }
    }
    return held;
  }
}

function refcountTable({ refcountBlocksAt, refcountBlocks }: Qcow2Layout, number: number): Buffer {
  const bytes = Buffer.alloc(CLUSTER_BYTES);
  const first = number * ENTRIES_PER_TABLE;
  for (let block = first; block < Math.min(first + ENTRIES_PER_TABLE, refcountBlocks); block += 1)
    putEntry(bytes, block - first, refcountBlocksAt + block, false);
  return bytes;
}

/** The qcow2 format, version 3 (qemu's docs/interop/qcow2.txt), as far as a served disk uses it. All sizes in bytes. */
/**
 * 256 KiB: librbd requests each cluster by itself, and with qemu's usual 64 KiB a booting server waits twice as long.
 * Holes are as coarse, so larger clusters would make restored disks thicker. See `diskPath` before changing it.
 */
const CLUSTER_BITS = 18;
export const CLUSTER_BYTES = 2 ** CLUSTER_BITS;
/** Size of an entry of an L1 or L2 table, or of the table of refcount blocks. */
const ENTRY_BYTES = 8;
export const ENTRIES_PER_TABLE = CLUSTER_BYTES / ENTRY_BYTES;
/** Refcounts have 16 bits. */
export const REFCOUNTS_PER_BLOCK = CLUSTER_BYTES / 2;
/** Bytes of the disk that one L2 table covers. */
export const BYTES_PER_L2 = ENTRIES_PER_TABLE * CLUSTER_BYTES;

const MAGIC = 0x51_46_49_fb;
const VERSION = 3;
const REFCOUNT_ORDER = 4;
const HEADER_BYTES = 112;
/** This cluster is used once: qemu expects this flag where there are no snapshots. */
const COPIED = 0x8000_0000;

/** Where the parts of the file lie, in clusters; the parts follow each other in this order. */
export interface Qcow2Layout {
  virtualBytes: number;
  refcountTableAt: number;
  refcountBlocksAt: number;
  refcountBlocks: number;
  l1At: number;
  l2At: number;
  l2Tables: number;
  /** Cluster n of the disk lies at `dataAt + n`; it is a hole of the file if the disk has no data there. */
  dataAt: number;
  clusters: number;
}

/** Every place is computed from the size alone, so that nothing needs to be remembered. */
export function qcow2Layout(virtualBytes: number): Qcow2Layout {
  const dataClusters = Math.ceil(virtualBytes / CLUSTER_BYTES);
  const l2Tables = Math.ceil(dataClusters / ENTRIES_PER_TABLE);
  const l1Clusters = Math.ceil(Math.max(l2Tables, 1) / ENTRIES_PER_TABLE);
  const others = 1 + l1Clusters + l2Tables + dataClusters;
  let refcountBlocks = 0;
  let tableClusters = 0;
  // Refcount blocks count themselves too.
  for (;;) {
    const blocks = Math.ceil((others + refcountBlocks + tableClusters) / REFCOUNTS_PER_BLOCK);
    if (blocks === refcountBlocks) break;
    refcountBlocks = blocks;
    tableClusters = Math.ceil(blocks / ENTRIES_PER_TABLE);
  }
  const refcountTableAt = 1;
  const refcountBlocksAt = refcountTableAt + tableClusters;
  const l1At = refcountBlocksAt + refcountBlocks;
  const l2At = l1At + l1Clusters;
  const dataAt = l2At + l2Tables;
  const clusters = dataAt + dataClusters;
  return { virtualBytes, refcountTableAt, refcountBlocksAt, refcountBlocks, l1At, l2At, l2Tables, dataAt, clusters };
}

/** The file's first cluster. */
export function headerCluster(layout: Qcow2Layout): Buffer {
  const bytes = Buffer.alloc(CLUSTER_BYTES);
  bytes.writeUInt32BE(MAGIC, 0);
  bytes.writeUInt32BE(VERSION, 4);
  bytes.writeUInt32BE(CLUSTER_BITS, 20);
  bytes.writeBigUInt64BE(BigInt(layout.virtualBytes), 24);
  bytes.writeUInt32BE(layout.l2Tables, 36);
  bytes.writeBigUInt64BE(BigInt(layout.l1At * CLUSTER_BYTES), 40);
  bytes.writeBigUInt64BE(BigInt(layout.refcountTableAt * CLUSTER_BYTES), 48);
  bytes.writeUInt32BE(layout.refcountBlocksAt - layout.refcountTableAt, 56);
  bytes.writeUInt32BE(REFCOUNT_ORDER, 96);
  bytes.writeUInt32BE(HEADER_BYTES, 100);
  return bytes;
}

/** Makes entry `index` of a table point to this cluster of the file. */
export function putEntry(table: Buffer, index: number, cluster: number, copied: boolean): void {
  const offset = cluster * CLUSTER_BYTES;
  const high = Math.floor(offset / 2 ** 32) + (copied ? COPIED : 0);
  table.writeUInt32BE(high, index * ENTRY_BYTES);
  table.writeUInt32BE(offset % 2 ** 32, index * ENTRY_BYTES + 4);
}

/** A plain reader of qcow2 files, made from qemu's docs/interop/qcow2.txt alone. */
export interface Qcow2File {
  virtualBytes: number;
  /** Clusters of the disk that lie in the file. */
  allocated: Set<number>;
  disk: Buffer;
}

type Read = (offset: number, length: number) => Promise<Uint8Array>;

const OFFSET = 0x00ff_ffff_ffff_fe00n;

export async function readQcow2(read: Read): Promise<Qcow2File> {
  const header = Buffer.from(await read(0, 112));
  if (header.readUInt32BE(0) !== 0x514649fb || header.readUInt32BE(4) !== 3) throw new Error('no qcow2 of version 3');
  if (header.readBigUInt64BE(8) !== 0n || header.readUInt32BE(32) !== 0)
    throw new Error('a backing file, or encrypted');
  if (header.readBigUInt64BE(72) !== 0n) throw new Error('unknown incompatible features');
  const clusterBytes = 2 ** header.readUInt32BE(20);
  const virtualBytes = Number(header.readBigUInt64BE(24));
  const l1Size = header.readUInt32BE(36);
  const l1At = Number(header.readBigUInt64BE(40));
  const perTable = clusterBytes / 8;
  const l1 = Buffer.from(await read(l1At, l1Size * 8));
  const disk = Buffer.alloc(virtualBytes);
  const allocated = new Set<number>();
  for (let table = 0; table < l1Size; table += 1) {
    const l2At = l1.readBigUInt64BE(table * 8) & OFFSET;
    if (l2At === 0n) continue;
    const l2 = Buffer.from(await read(Number(l2At), clusterBytes));
    for (let index = 0; index < perTable; index += 1) {
      const entry = l2.readBigUInt64BE(index * 8);
      if (entry === 0n) continue;
      if ((entry & 1n) !== 0n || (entry & (1n << 62n)) !== 0n)
        throw new Error('a kind of cluster that we do not write');
      const cluster = table * perTable + index;
      const at = cluster * clusterBytes;
      if (at >= virtualBytes) throw new Error('a cluster beyond the end');
      allocated.add(cluster);
      const data = await read(Number(entry & OFFSET), clusterBytes);
      disk.set(data.subarray(0, Math.min(clusterBytes, virtualBytes - at)), at);
    }
  }
  return { virtualBytes, allocated, disk };
}

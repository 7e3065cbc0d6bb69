import { randomUUID } from 'node:crypto';
import { newToken, type ServedDisk, tokenHash } from '../../src/domain/targets/served-disk.ts';
import type { ServedDisks } from '../../src/ports/stores/served-disks.ts';
import type { Target } from '../../src/ports/target.ts';
import type { ExtentRecord } from '../../src/rbd-diff/records.ts';
import { refOf, store } from '../unit/archive/support/backups.ts';
import { applyRecords } from '../unit/archive/support/streams.ts';

/** Addresses in memory. */
export class ServedDisksInMemory implements ServedDisks {
  readonly rows = new Map<string, ServedDisk>();

  async open(hash: string, disk: ServedDisk): Promise<void> {
    await this.close(disk.operation_id, disk.disk_id);
    this.rows.set(hash, structuredClone(disk));
  }

  async find(hash: string): Promise<ServedDisk | undefined> {
    return this.rows.get(hash);
  }

  async close(operationId: string, diskId: string): Promise<void> {
    for (const [hash, row] of this.rows)
      if (row.operation_id === operationId && row.disk_id === diskId) this.rows.delete(hash);
  }

  /** What MemoryCeph reads at an address. */
  serving(contentOf: (disk: ServedDisk) => string) {
    return (url: string) => {
      const disk = this.rows.get(tokenHash(url.slice(url.lastIndexOf('/') + 1)));
      return disk && { content: contentOf(disk), sizeBytes: disk.virtual_bytes };
    };
  }
}

/** A disk of one run on a target, and its address. */
export async function servedBackup(
  target: Target,
  disks: ServedDisks,
  sizeBytes: number,
  records: ExtentRecord[],
): Promise<{ token: string; content: Buffer; served: ServedDisk; object: string }> {
  const run = await store(target, 1, 1, null, sizeBytes, records);
  const served = {
    operation_id: randomUUID(),
    disk_id: randomUUID(),
    target: target.name,
    runs: [refOf(run)],
    size_bytes: sizeBytes,
    virtual_bytes: sizeBytes,
  };
  const token = newToken();
  await disks.open(tokenHash(token), served);
  return {
    token,
    served,
    object: run.object,
    content: Buffer.from(applyRecords(new Uint8Array(0), sizeBytes, records)),
  };
}

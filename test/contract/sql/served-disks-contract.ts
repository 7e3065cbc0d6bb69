import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { newToken, tokenHash } from '../../../src/domain/targets/served-disk.ts';
import { anOperation } from './examples.ts';
import type { Stores } from './stores.ts';

/** Addresses of disks: bound to one disk of one operation, and dead with it. */
export function servedDisksContract(stores: () => Stores): void {
  const diskOf = (operation_id: string) => ({
    operation_id,
    disk_id: randomUUID(),
    target: 'default',
    runs: [{ object: 'a/b', footer_sha256: 'f'.repeat(64), size_bytes: 2 ** 44, stored_bytes: 7 }],
    size_bytes: 2 ** 44,
    virtual_bytes: 2 ** 44 + 512,
  });
  const recorded = async () => {
    const operation = anOperation();
    await stores().operations.record({ operation, holds: [] });
    return operation.id;
  };

  describe('the address of a disk', () => {
    it('is found by the hash of its token, until it is closed', async () => {
      const { servedDisks } = stores();
      const disk = diskOf(await recorded());
      const [token, other] = [newToken(), newToken()];
      await servedDisks.open(tokenHash(token), disk);
      expect(await servedDisks.find(tokenHash(token))).toEqual(disk);
      expect(await servedDisks.find(token)).toBeUndefined();
      expect(await servedDisks.find(tokenHash(other))).toBeUndefined();
      await servedDisks.close(disk.operation_id, randomUUID());
      expect(await servedDisks.find(tokenHash(token))).toEqual(disk);
      await servedDisks.close(disk.operation_id, disk.disk_id);
      await servedDisks.close(disk.operation_id, disk.disk_id);
      expect(await servedDisks.find(tokenHash(token))).toBeUndefined();
    });

    it('is closed by the next one of the same disk, and by no other', async () => {
      const { servedDisks } = stores();
      const operationId = await recorded();
      const [disk, another] = [diskOf(operationId), diskOf(operationId)];
      const [first, second, third] = [newToken(), newToken(), newToken()].map(tokenHash) as [string, string, string];
      await servedDisks.open(first, disk);
      await servedDisks.open(second, another);
      await servedDisks.open(third, disk);
      expect(await servedDisks.find(first)).toBeUndefined();
      expect(await servedDisks.find(second)).toEqual(another);
      expect(await servedDisks.find(third)).toEqual(disk);
    });

    it('dies with its operation', async () => {
      const { servedDisks, journal } = stores();
      const disk = diskOf(await recorded());
      const hash = tokenHash(newToken());
      await servedDisks.open(hash, disk);
      const open = (await journal.openOperations()).find((one) => one.id === disk.operation_id)!;
      const fence = (await journal.claim(open, 'worker'))!;
      expect(await servedDisks.find(hash)).toEqual(disk);
      await journal.finish(disk.operation_id, fence, { status: 'succeeded', failure: null });
      expect(await servedDisks.find(hash)).toBeUndefined();
    });
  });
}
